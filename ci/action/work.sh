#!/usr/bin/env bash
# Validates, and then plans or applies. It ends with 0 and leaves the exit code
# in its outputs, so that people are told before the job ends by it.
set -euo pipefail
. "$(dirname "$0")/github.sh"

name=$(named)
dir=$(mktemp -d "$RUNNER_TEMP/idpsync-work.XXXXXX")
flags=(-C "$DIRECTORY" --color never)
[ -z "${TARGET:-}" ] || flags+=(-t "$TARGET")
case $DIRECTORY in /* | .. | ../* | */.. | */../*) fail "directory: want a folder of the repository, got $DIRECTORY" ;; esac
[ -f "$DIRECTORY/idpsync.yaml" ] || fail "directory: there is no $DIRECTORY/idpsync.yaml" 'is the repository checked out?'
case $MODE in validate | plan | apply) ;; *) fail "mode: want validate, plan or apply, got $MODE" ;; esac
case $GITHUB_EVENT_NAME in
pull_request_target | workflow_run)
	fail "the event $GITHUB_EVENT_NAME gives secrets to the files of strangers" 'use pull_request'
	;;
esac

# ours runs idpsync, which has no business with the tokens of GitHub.
ours() { env -u GITHUB_TOKEN -u ACTIONS_RUNTIME_TOKEN -u ACTIONS_ID_TOKEN_REQUEST_TOKEN -u ACTIONS_ID_TOKEN_REQUEST_URL "$BINARY" "$@"; }

# report TITLE FILE: the text of a run as the comment, in a fence that no line of
# it can close.
report() {
	local fence='```'
	while grep -qF -- "$fence" "$2"; do fence+='`'; done
	{
		printf '### %s: %s\n\n%stext\n' "$name" "$1" "$fence"
		head -c 50000 "$2"
		printf '\n%s\n' "$fence"
	} >"$dir/report.md"
	tell "$dir/report.md"
}

tell() {
	cat "$1" >>"$GITHUB_STEP_SUMMARY"
	# The token of a fork's pull request may not comment.
	[ "$stranger" = true ] || output comment "$1"
}

# end CODE [JOBCODE]: what idpsync said, and what the job ends with.
end() {
	output exit-code "$1"
	output job-code "${2:-$1}"
	exit 0
}

# unmoved tells that idpsync.yaml, which says where the credentials are sent, is
# as it was before the pull request.
unmoved() {
	local path=${DIRECTORY#./} ref
	path=/repos/$GITHUB_REPOSITORY/contents/$([ "$path" = . ] || printf '%s/' "${path%/}")idpsync.yaml
	need curl jq
	for ref in "$BASE_SHA" "$BASE_REF"; do
		ask GET "$(jq -rn --arg p "$path" '$p | split("/") | map(@uri) | join("/")')" "$dir/base.yaml" \
			--get --data-urlencode "ref=$ref" --header 'accept: application/vnd.github.raw+json'
		case $STATUS in
		200) ! cmp -s "$dir/base.yaml" "$DIRECTORY/idpsync.yaml" || return 0 ;;
		404) ;;
		*) refused GET "$path" "$dir/base.yaml" 'contents: read' ;;
		esac
	done
	return 1
}

stranger=false
if [ "$GITHUB_EVENT_NAME" = pull_request ] && [ "$HEAD_REPOSITORY" != "$GITHUB_REPOSITORY" ]; then
	stranger=true
fi
output artifact "$name"

output sarif "$dir/findings.sarif"
code=0
ours validate "${flags[@]}" -o github -o sarif="$dir/findings.sarif" -o text="$dir/validate.txt" 2>"$dir/err.txt" || code=$?
cat "$dir/validate.txt" "$dir/err.txt" >"$dir/said.txt" 2>/dev/null || true
aloud "$dir/said.txt"
if [ "$code" != 0 ]; then
	report 'the files are not valid' "$dir/said.txt"
	end "$code"
fi
if [ "$MODE" = validate ] || [ "$stranger" = true ]; then
	[ "$stranger" = false ] || printf '::notice title=idpsync::%s\n' 'The pull request comes from a fork: its files are checked, and nothing is planned.'
	end 0
fi

if [ "$MODE" = plan ]; then
	if [ "$GITHUB_EVENT_NAME" = pull_request ] && [ "$ALLOW_PROJECT_CHANGE" != true ] && ! unmoved; then
		echo 'idpsync.yaml says where credentials are sent. This pull request changes it, so nothing is planned with them. Merge that change alone first, or set allow-project-change.' >"$dir/said.txt"
		printf '::warning title=idpsync::%s\n' "$(escape "$(cat "$dir/said.txt")")"
		report 'not planned' "$dir/said.txt"
		end 0
	fi
	more=()
	while IFS= read -r line; do
		[ -z "$line" ] || more+=("$line")
	done <<<"${ARGS:-}"
	ours plan "${flags[@]}" ${more[@]+"${more[@]}"} --detailed-exitcode --out "$dir/plan.idpsync" -o github -o text="$dir/plan.txt" \
		-o markdown="$dir/plan.md" -o html="$dir/plan.html" -o json="$dir/plan.json" -o sarif="$dir/findings.sarif" 2>"$dir/err.txt" || code=$?
else
	ours apply "$PLAN" "${flags[@]}" -o text="$dir/plan.txt" -o markdown="$dir/plan.md" -o json="$dir/plan.json" >"$dir/out.txt" 2>"$dir/err.txt" || code=$?
fi

touch "$dir/plan.txt"
cat "$dir/plan.txt" "$dir/err.txt" >"$dir/said.txt"
aloud "$dir/said.txt"
[ ! -s "$dir/plan.json" ] || output json "$dir/plan.json"
if [ -s "$dir/plan.md" ]; then
	tell "$dir/plan.md"
else
	report "$MODE ended with exit code $code" "$dir/said.txt"
fi
if [ "$MODE" = plan ]; then
	case $code in
	0 | 2)
		output plan "$dir/plan.idpsync"
		output html "$dir/plan.html"
		output changes "$([ "$code" = 2 ] && echo true || echo false)"
		end "$code" 0
		;;
	esac
fi
end "$code"
