#!/usr/bin/env bash
# Shows Strata at work: lists, resolves, changes and packs the references of a clone, from its main directory and from a linked
# worktree, and has git check every step. Usage: demo.sh STRATA [REPOSITORY]; the repository itself is not touched.
set -euo pipefail
strata=$1
source=${2:-$(cd "$(dirname "$0")/.." && pwd)}
work=$(mktemp -d "${TMPDIR:-/tmp}/strata-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=Demo GIT_AUTHOR_EMAIL=demo@example.com GIT_COMMITTER_NAME=Demo GIT_COMMITTER_EMAIL=demo@example.com

bold() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ strata %s\n' "$*"; "$strata" "$@"; }
same() { # same WHAT: the two files, one written by strata and one by git, must be equal
    if cmp -s "$work/strata.out" "$work/git.out"; then printf '  git agrees: %s\n' "$1"
    else printf '  GIT DISAGREES: %s\n' "$1"; diff "$work/strata.out" "$work/git.out" | head -20; exit 1; fi
}
both() { # both WHAT ARGUMENTS…: the same command by strata and by git
    local what=$1; shift
    "$strata" "$@" >"$work/strata.out"; git "$@" >"$work/git.out"; same "$what"
}
ms() { # ms COMMAND…: how long it takes
    local from to; from=$(date +%s%N); "$@" >/dev/null; to=$(date +%s%N); echo "$(( (to - from) / 10000 ))" | sed 's/..$/.& ms/'
}

bold "A clone with a linked worktree and 5,000 references"
git clone -q --no-local "$source" "$work/repository"
cd "$work/repository"
tip=$(git rev-parse HEAD)
git worktree add -q -b demo/side "$work/side"
git tag -a -m "an annotated tag" demo-tag
start=$(date +%s%N)
for i in $(seq -w 1 5000); do echo "create refs/changes/${i:2:2}/$i/1 $tip"; done | "$strata" update-ref --stdin
echo "  created by one 'strata update-ref --stdin' in $(( ($(date +%s%N) - start) / 1000000 )) ms"
both "$(git for-each-ref | wc -l) references, names, kinds and values" for-each-ref

bold "Resolve and list, from the main directory"
show symbolic-ref HEAD
show show-ref --heads
show for-each-ref --count=3 --format='%(objectname:short) %(refname)' refs/changes/
both "tags with what they peel to" show-ref --tags -d
echo "  listing everything: git $(ms git for-each-ref), strata $(ms "$strata" for-each-ref)"

bold "The same from the linked worktree, which has its own HEAD"
cd "$work/side"
show symbolic-ref HEAD
both "the worktree's list, its HEAD marked" for-each-ref --format='%(HEAD) %(refname) %(objectname)'
show update-ref refs/bisect/bad HEAD
both "references of this worktree alone" for-each-ref refs/bisect
cd "$work/repository"
both "which the main worktree does not see" for-each-ref refs/bisect

bold "Change: a commit's worth of update, expected values checked"
show update-ref -m "demo: move the side branch" refs/heads/demo/new "$tip"
if "$strata" update-ref refs/heads/demo/new "$tip" "${tip//[0-9a-f]/1}" 2>"$work/error"; then echo "  wrongly accepted"; exit 1; fi
printf '  refused, as git does: %s\n' "$(cat "$work/error")"
git reflog show refs/heads/demo/new | sed 's/^/  git reflog: /'
show update-ref -d refs/heads/demo/new
both "it is gone" for-each-ref refs/heads

bold "Pack"
echo "  loose files before: $(find .git/refs -type f | wc -l)"
show pack-refs --all
echo "  loose files after:  $(find .git/refs -type f | wc -l)"
cp .git/packed-refs "$work/strata.out"; git pack-refs --all; cp .git/packed-refs "$work/git.out"; same "packed-refs, byte for byte"
both "every reference still there" for-each-ref
git fsck --no-dangling 2>&1 | grep -v '^notice' | sed 's/^/  git fsck: /' || true
bold "Done: git agreed at every step."
