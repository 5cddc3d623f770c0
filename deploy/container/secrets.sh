#!/bin/sh
# Creates the keys and passwords of compose.yaml in the folder secrets beside this script, unless they exist.
set -eu
cd "$(dirname "$0")"
[ ! -e secrets ] || { echo "The folder secrets exists; nothing to do."; exit 0; }
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
umask 077
mkdir secrets.new
password=$(random 16) id=$(random 8) key=$(random 24)
echo "1 $(random 32)" >secrets.new/playback.keys
random 32 >secrets.new/access.key
printf %s "$password" >secrets.new/postgres.password
cat >secrets.new/nang.env <<TEXT
NANG_DATABASE_URL=postgres://nang:$password@postgres/nang
AWS_ACCESS_KEY_ID=$id
AWS_SECRET_ACCESS_KEY=$key
TEXT
cat >secrets.new/s3.json <<TEXT
{"identities": [{"name": "nang", "credentials": [{"accessKey": "$id", "secretKey": "$key"}], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
TEXT
# Containers read these files with other accounts; the folder keeps the accounts of this machine out.
chmod 644 secrets.new/*
mv secrets.new secrets
echo "Created the folder secrets. Keep a copy of it apart from this machine."
