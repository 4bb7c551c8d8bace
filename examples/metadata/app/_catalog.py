SITE = "https://stars.example.com"
PER_SITEMAP = 100

STARS = [f"HD-{number}" for number in range(1, 251)]


def url_of(star: str) -> str:
    return f"{SITE}/stars/{star}"


def part(number: int) -> list[str]:
    """Return the stars of one sitemap."""
    return STARS[number * PER_SITEMAP : (number + 1) * PER_SITEMAP]


def count_parts() -> int:
    return -(-len(STARS) // PER_SITEMAP)
