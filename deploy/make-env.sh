#!/bin/sh
# Writes .env for docker-compose.yml: deploy/env.example with a random value for each empty secret.
# Usage: sh deploy/make-env.sh [FILE], default .env beside docker-compose.yml
set -eu
here=$(dirname "$0")
file=${1:-$here/../.env}
umask 077

if [ -e "$file" ]; then
  echo "$file is there already and stays as it is. Remove it to have new secrets; running" \
    "servers keep the old ones." >&2
  exit 1
fi

while IFS= read -r line; do
  case "$line" in
    '#'* | '') echo "$line" ;;
    *=) echo "$line$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" ;;
    *) echo "$line" ;;
  esac
done <"$here/env.example" >"$file"
echo "Wrote $file." >&2
