def not_found(request):
    return {"error": "We never had that.", "see": "/sitemap.xml"}
