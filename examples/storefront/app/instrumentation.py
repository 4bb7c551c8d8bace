import logging

logger = logging.getLogger("storefront")


def register():
    logger.warning("A worker is ready.")


def on_request_error(error, request, context):
    logger.warning("%s %s (%s): %r", request.method, request.path, context.route_path, error)
