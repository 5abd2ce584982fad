#!/bin/sh
# Makes the role that the exporter of metrics reads the server's figures with, and nothing else.
# Safe to repeat: a password that was changed in its file is changed here. Connects as databases.sh.
set -eu

PGUSER=${PGUSER:-${POSTGRES_USER:-postgres}}
PASSWORD_FILE=${POSTGRESQL_PASSWORDS:-/run/secrets}/postgresql_exporter
export PGUSER PASSWORD_FILE

test -s "$PASSWORD_FILE" || { echo "$PASSWORD_FILE is missing or empty" >&2; exit 1; }
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres <<'SQL'
\getenv file PASSWORD_FILE
\set password `cat "$PASSWORD_FILE"`

SELECT 'CREATE ROLE exporter LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'exporter') \gexec
ALTER ROLE exporter PASSWORD :'password';
GRANT pg_monitor TO exporter;
SQL
