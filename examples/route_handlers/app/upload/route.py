"""Form data, with an uploaded file."""

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest

from routehandlers import Request


def POST(request: Request):
    form = request.form_data()
    file = form.get("file")
    if not isinstance(file, FileStorage):
        raise BadRequest("Send a file as 'file'.")
    return {"name": form.get("name"), "filename": file.filename, "type": file.content_type, "size": len(file.read())}
