#!/bin/sh
# Starts the broker with the password that stands in a secret, which its image cannot read itself,
# and with the memory that its container may have: it would take all of the machine's for its own,
# and be ended before it makes publishers wait.
set -eu
umask 077
for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do # v2, v1
    limit=$(cat "$file" 2>/dev/null) || continue
    case $limit in
    '' | *[!0-9]* | ????????????????*) ;; # none: «max», or a number without meaning
    *) printf 'total_memory_available_override_value = %s\n' "$limit" >/etc/rabbitmq/conf.d/80-memory.conf ;;
    esac
done
printf 'default_pass = %s\n' "$(cat /run/secrets/rabbitmq_password)" >/etc/rabbitmq/conf.d/90-password.conf
exec docker-entrypoint.sh rabbitmq-server
