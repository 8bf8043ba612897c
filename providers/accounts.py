"""The configuration of an account. Each cloud's model adds the fields that its cloud needs."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, GetPydanticSchema, field_validator, model_validator
from pydantic_core.core_schema import literal_schema

from providers.secrets import Secret
from providers.services import SERVICES, services_of

_KEYS = ("access_key_id", "secret_access_key", "security_token")


def _service_of(cloud: str) -> GetPydanticSchema:
    """Return a `Literal` of a cloud's services, which only the registry lists."""
    return GetPydanticSchema(lambda _type, _handler: literal_schema(services_of(cloud)))


class _Account(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    # The description completes the error message "found X, expected ...".
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$",
        description='a name of at most 40 lower-case letters, digits, "-" and "_"',
    )
    region: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description='a region, such as "cn-north-4"')
    access_key_id: Secret | None = Field(default=None, description='a reference, such as "env:ACCESS_KEY"')
    secret_access_key: Secret | None = Field(default=None, description='a reference, such as "file:/run/secrets/sk"')
    security_token: Secret | None = Field(default=None, description="a reference; used with temporary keys")
    endpoints: dict[str, AnyHttpUrl] = Field(
        default={}, description="a table of URLs by service, instead of the cloud's"
    )
    requests_per_second: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default={}, description="a table of numbers by service, instead of the cloud's limits"
    )

    @field_validator("name")
    @classmethod
    def _no_service(cls, name: str) -> str:
        """Reject the name of a service: a scope names an account or a service, so the word would be ambiguous."""
        if name in SERVICES:
            raise ValueError("expected a name that no service has")
        return name

    @field_validator("services", check_fields=False)
    @classmethod
    def _each_once(cls, services: tuple[str, ...]) -> tuple[str, ...]:
        if repeated := [service for service, times in Counter(services).items() if times > 1]:
            raise ValueError(f"expected each service once, not {', '.join(repeated)} again")
        return services

    @property
    def projects(self) -> tuple[str, ...]:
        """Ids that come before the job id in the cloud's URLs."""
        return ()

    @property
    def has_key_pair(self) -> bool:
        return self.access_key_id is not None and self.secret_access_key is not None

    def endpoint(self, service: str, default: str) -> str:
        """Return the base URL of a service, without a trailing slash."""
        return str(self.endpoints.get(service, default)).rstrip("/")

    def rate(self, service: str, default: float) -> float:
        """Return how many requests per second this account may send to a service."""
        return self.requests_per_second.get(service, default)

    def _check_services(self, services: tuple[str, ...]) -> None:
        for field in ("endpoints", "requests_per_second"):
            if unknown := sorted(set(getattr(self, field)) - set(services)):
                raise ValueError(f"{field} names {', '.join(unknown)}, which is not among the account's services")


class HuaweiAccount(_Account):
    """One project of one region, with a key pair or an IAM token."""

    cloud: Literal["huawei"] = Field(description="which cloud it is")
    project_id: str = Field(
        pattern=r"^[a-zA-Z0-9-]{1,64}$", description="the region's project id, at most 64 letters, digits and -"
    )
    services: tuple[Annotated[str, _service_of("huawei")], ...] = Field(
        min_length=1, description="a list of at least one service"
    )
    token: Secret | None = Field(default=None, description="a reference to an IAM token, instead of the keys")

    @property
    def projects(self) -> tuple[str, ...]:
        return (self.project_id,)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self._check_services(self.services)
        keys = [name for name in _KEYS if getattr(self, name) is not None]
        if self.token is not None and keys:
            raise ValueError(f"found token and {', '.join(keys)}, expected one of the two: the token or a key pair")
        if not self.has_key_pair and self.token is None:
            raise ValueError("expected access_key_id and secret_access_key, or token")
        return self


class AlibabaAccount(_Account):
    """One account in one region, with an AccessKey pair, temporary or not."""

    cloud: Literal["alibaba"] = Field(description="which cloud it is")
    services: tuple[Annotated[str, _service_of("alibaba")], ...] = Field(
        min_length=1, description="a list of at least one service"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self._check_services(self.services)
        if not self.has_key_pair:
            raise ValueError("expected access_key_id and secret_access_key")
        return self


Account = Annotated[HuaweiAccount | AlibabaAccount, Field(discriminator="cloud")]
