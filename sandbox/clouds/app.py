"""The five APIs and the control page as one ASGI application."""

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.clouds.alibaba.gateway import AlibabaGateway
from sandbox.clouds.control import Control
from sandbox.clouds.huawei.gateway import HuaweiGateway
from sandbox.clouds.world import World


def create_app(world: World) -> Starlette:
    """Build the application: Alibaba's RPC calls on `/`, Huawei's by path, and the control page on `/control`."""
    huawei, alibaba = HuaweiGateway(world), AlibabaGateway(world)
    every_method = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]
    return Starlette(
        routes=[
            Route("/", alibaba.serve, methods=every_method),
            *Control(world).routes(),
            Route("/{path:path}", huawei.serve, methods=every_method),
        ]
    )
