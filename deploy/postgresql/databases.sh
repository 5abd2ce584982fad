#!/bin/sh
# Makes a role and a database for each service that keeps one, both called as the service is.
# Safe to repeat: a password that was changed in its file is changed here.
#
# The password of a role stands in the file <POSTGRESQL_PASSWORDS>/postgresql_<service>, by default
# below /run/secrets. Who connects, and where, is said as to any libpq program (PGHOST, PGUSER...);
# in the official image's /docker-entrypoint-initdb.d the superuser over the local socket.
set -eu

PGUSER=${PGUSER:-${POSTGRES_USER:-postgres}}
export PGUSER

for service in ingest render visits; do
    SERVICE=$service
    PASSWORD_FILE=${POSTGRESQL_PASSWORDS:-/run/secrets}/postgresql_$service
    export SERVICE PASSWORD_FILE
    test -s "$PASSWORD_FILE" || { echo "$PASSWORD_FILE is missing or empty" >&2; exit 1; }
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres <<'SQL'
\getenv service SERVICE
\set password `cat "$PASSWORD_FILE"`

SELECT format('CREATE ROLE %I LOGIN', :'service')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'service') \gexec
ALTER ROLE :"service" PASSWORD :'password';

-- Text is ordered by code points, as SQLite orders it: the services refuse any other order.
SELECT format(
    'CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8'' LOCALE_PROVIDER libc LOCALE ''C''',
    :'service', :'service'
)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \gexec
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
