info = {
    "title": "Shop",
    "version": "1.4.0",
    "description": "A small shop, to try the document with.",
}
viewer = "swagger"
