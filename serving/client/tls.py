"""What a client needs for connections that are encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    import grpc


@dataclass(frozen=True)
class Tls:
    """Files in PEM.

    Attributes:
        ca: The certificates of the authorities that are trusted; None trusts the system's.
        certificate: The client's own certificate, for servers that ask for one.
        key: The key of that certificate.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def for_http(self) -> ssl.SSLContext:
        """Returns the context for HTTPS.

        Raises:
            OSError: A file cannot be read, or is not PEM.
        """
        import ssl

        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context

    def for_grpc(self) -> grpc.ChannelCredentials:
        """Returns the credentials for gRPC.

        Raises:
            OSError: A file cannot be read.
        """
        import grpc

        return grpc.ssl_channel_credentials(
            *(path.read_bytes() if path else None for path in (self.ca, self.key, self.certificate))
        )
