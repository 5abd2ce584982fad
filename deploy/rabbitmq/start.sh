#!/bin/sh
# Starts the broker with the password that stands in a secret, which its image cannot read itself.
set -eu
umask 077
printf 'default_pass = %s\n' "$(cat /run/secrets/rabbitmq_password)" >/etc/rabbitmq/conf.d/90-password.conf
exec docker-entrypoint.sh rabbitmq-server
