#!/bin/sh
# make.sh COMMIT PARTS writes COMMIT.db.gz beside itself: a database that the engage of that
# commit has made of so many parts of the story. See README.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
git -C "$here" worktree add -q --detach "$work/at" "$1"
trap 'git -C "$here" worktree remove --force "$work/at"; rm -rf "$work"' EXIT
mkdir "$work/at/earlier"
cp "$here/main.go" "$work/at/earlier/"
for part in $(seq "$2"); do
	cp "$here/part$part.go" "$work/at/earlier/"
done
(cd "$work/at" && go run ./earlier "$work/$1.db")
# Small, and without what no commit can know: the rest of a write-ahead log.
python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = DELETE")
db.execute("VACUUM")' "$work/$1.db"
gzip -9n -c "$work/$1.db" >"$here/$1.db.gz"
