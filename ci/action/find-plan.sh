#!/usr/bin/env bash
# Finds the plan that was made on the pull request this commit came from. It may
# come only from this repository, from this workflow, from a run that ended well.
# shellcheck disable=SC2016 # the dollars in quotes are those of jq
set -euo pipefail
. "$(dirname "$0")/github.sh"
need curl jq unzip

if [ -n "${PLAN:-}" ]; then # made by an earlier job of this run
	output plan "$PLAN"
	exit 0
fi
[ "$GITHUB_EVENT_NAME" = push ] || fail "mode apply: want the event push, got $GITHUB_EVENT_NAME" "it carries out the plan of a merged pull request"
[ -n "${IDPSYNC_LEDGER_KEY:-}" ] || fail 'mode apply: IDPSYNC_LEDGER_KEY is not set' \
	'plans are sealed with it; without it nobody can tell who made the plan that is about to be applied'
name=$(named)
repository=/repos/$GITHUB_REPOSITORY
workflow=${GITHUB_WORKFLOW_REF#"$GITHUB_REPOSITORY"/}
workflow=${workflow%@*}
dir=$(mktemp -d "$RUNNER_TEMP/idpsync-find.XXXXXX")

get() {
	ask GET "$1" "$dir/answer.json" "${@:3}"
	[ "$STATUS" = 200 ] || refused GET "$1" "$dir/answer.json" "$2"
}

get "$repository/commits/$GITHUB_SHA/pulls?per_page=100" 'pull-requests: read'
pull=$(pick "$dir/answer.json" --arg sha "$GITHUB_SHA" --arg branch "$GITHUB_REF_NAME" \
	'[.[] | select(.merged_at != null and .merge_commit_sha == $sha and .base.ref == $branch)]
	| if length == 1 then .[0] | "\(.number | tonumber) \(.head.sha) \(.head.repo.full_name // "-")" else empty end')
read -r number head source <<<"$pull"
[ -n "$number" ] || CODE=4 fail "commit $GITHUB_SHA is not the merge of one pull request, so nobody reviewed a plan for it" \
	'plan and apply it by hand, or with the workflow in ci/github/approve.yml'
[ "$source" = "$GITHUB_REPOSITORY" ] || CODE=4 fail "pull request $number came from a fork, where nothing is planned" \
	'plan and apply it by hand, or with the workflow in ci/github/approve.yml'

get "$repository/actions/artifacts?name=$name&per_page=100" 'actions: read'
candidates=$(pick "$dir/answer.json" --arg head "$head" --arg name "$name" '[.artifacts[]
	| select(.name == $name and .expired == false and .workflow_run.head_sha == $head and .workflow_run.head_repository_id == .workflow_run.repository_id)]
	| sort_by(.id) | reverse | .[] | "\(.id | tonumber) \(.workflow_run.id | tonumber)"')
while read -r artifact run; do
	[ -n "$artifact" ] || continue
	get "$repository/actions/runs/$run" 'actions: read'
	good=$(pick "$dir/answer.json" --arg path "$workflow" '(.path | split("@")[0]) == $path and .event == "pull_request" and .conclusion == "success"')
	[ "$good" = true ] || continue
	ask GET "$repository/actions/artifacts/$artifact/zip" "$dir/plan.zip" --location
	[ "$STATUS" = 200 ] || refused GET "$repository/actions/artifacts/$artifact/zip" "$dir/plan.zip" 'actions: read'
	# One member of a known name goes to a file of our own naming: no other path
	# in the archive can lead anywhere.
	unzip -p "$dir/plan.zip" plan.idpsync >"$dir/plan.idpsync" || fail "artifact $artifact holds no plan.idpsync"
	printf 'the plan of pull request %s, made by run %s\n' "$number" "$run"
	output plan "$dir/plan.idpsync"
	output pull-request "$number"
	exit 0
done <<<"$candidates"
CODE=4 fail "pull request $number has no plan named $name for its last commit $head" \
	'run its checks again before the merge; now plan and apply by hand, or with the workflow in ci/github/approve.yml'
