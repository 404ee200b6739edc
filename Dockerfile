# syntax=docker/dockerfile:1
# The apps, the embedded provider and their files. One image; the command selects the program: identity, main, partner
# or dev-provider. docs/deploy.md explains it; compose.yaml runs the suite.

FROM node:22-bookworm-slim AS node

FROM rust:1.95-bookworm AS build
COPY --from=node /usr/local /usr/local
WORKDIR /src
COPY . .
# The same script as on any machine; only its result leaves this stage.
RUN make dist TOOLS=/tools && rm target/dist/*.tar.gz && mv target/dist/onesession-* /out

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/onesession --create-home onesession
COPY --from=build /out /opt/onesession
ENV PATH=/opt/onesession/bin:$PATH LEPTOS_SITE_ADDR=0.0.0.0:8080 LEPTOS_ENV=PROD
USER 10001:10001
WORKDIR /var/lib/onesession
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/opt/onesession/bin/health"]
CMD ["main"]
