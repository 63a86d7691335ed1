# Two images. packaging/image.sh lays out the folder they are built from: the
# program, made by this machine's Go, and this machine's list of authorities.
#
#   idpsync  the program and nothing else: no shell, no git. For every verb,
#            but "watch --git" and secrets from programs (secretFrom: exec).
#   tools    the same on Alpine, with git, ssh and gpg for "watch --git", and
#            curl and jq for pipelines. BASE may be any image that has them.
#
# The first one pulls nothing.
ARG BASE=docker.io/library/alpine:3.22

FROM scratch AS idpsync
LABEL org.opencontainers.image.title="idpsync" \
      org.opencontainers.image.source="https://github.com/idpsync/idpsync" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY etc /etc
COPY --chown=65532:65532 home /home
COPY --chown=65532:65532 config /config
COPY idpsync /usr/bin/idpsync
COPY LICENSE NOTICE /usr/share/doc/idpsync/
ENV HOME=/home/nonroot PATH=/usr/local/bin:/usr/bin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
WORKDIR /config
ENTRYPOINT ["/usr/bin/idpsync"]

FROM ${BASE} AS tools
LABEL org.opencontainers.image.title="idpsync" \
      org.opencontainers.image.source="https://github.com/idpsync/idpsync" \
      org.opencontainers.image.licenses="Apache-2.0"
# ssh asks who it is, so the user needs a line in /etc/passwd.
RUN if ! { command -v git && command -v ssh && command -v gpg && command -v curl && command -v jq; } >/dev/null; then \
      apk add --no-cache ca-certificates curl git gnupg jq openssh-client; fi && \
    echo 'nonroot:x:65532:65532::/home/nonroot:/sbin/nologin' >>/etc/passwd && \
    echo 'nonroot:x:65532:' >>/etc/group
COPY --chown=65532:65532 home /home
COPY --chown=65532:65532 config /config
COPY idpsync /usr/bin/idpsync
COPY LICENSE NOTICE /usr/share/doc/idpsync/
ENV HOME=/home/nonroot
USER 65532:65532
WORKDIR /config
ENTRYPOINT ["/usr/bin/idpsync"]
