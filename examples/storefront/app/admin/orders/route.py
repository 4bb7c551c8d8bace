def GET(request):
    return {"orders": [], "user": request.headers["X-User"]}
