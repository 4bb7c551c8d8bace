"""The server of ``routehandlers dev``: reload, allowed hosts, debugger and pages about mistakes."""
