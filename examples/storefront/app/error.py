def error(request, exception):
    return {"error": "Something broke, and we were told."}
