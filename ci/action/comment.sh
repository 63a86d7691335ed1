#!/usr/bin/env bash
# Keeps one comment on the pull request: made the first time, changed after that.
# shellcheck disable=SC2016 # the dollars in quotes are those of jq
set -euo pipefail
. "$(dirname "$0")/github.sh"
need curl jq

[[ ${PULL_REQUEST:-} =~ ^[0-9]+$ ]] || { echo 'no pull request to comment on'; exit 0; }
here=/repos/$GITHUB_REPOSITORY/issues
dir=$(mktemp -d "$RUNNER_TEMP/idpsync-comment.XXXXXX")
first="<!-- idpsync:$MARK -->"

# GitHub takes 65536 characters, and a cut would leave the markdown half open.
if [ "$(wc -c <"$BODY")" -gt 65000 ]; then
	printf 'The plan is too long for a comment: it stands in [the summary of the run](%s/%s/actions/runs/%s).\n' \
		"$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID" >"$dir/short.md"
	BODY=$dir/short.md
fi
jq -n --arg mark "$first" --rawfile body "$BODY" '{body: ($mark + "\n" + $body)}' >"$dir/request.json"

# Anybody may write our mark into a comment; only a bot has the name of a bot.
id=
for ((page = 1; page <= 100; page++)); do
	ask GET "$here/$PULL_REQUEST/comments?per_page=100&page=$page" "$dir/page.json"
	[ "$STATUS" = 200 ] || refused GET "$here/$PULL_REQUEST/comments" "$dir/page.json" 'pull-requests: write'
	id=$(pick "$dir/page.json" --arg mark "$first" --arg author "$AUTHOR" \
		'first(.[] | select(.user.type == "Bot" and .user.login == $author and ((.body // "") | startswith($mark))) | .id | tonumber) // empty')
	if [ -n "$id" ] || [ "$(pick "$dir/page.json" length)" -lt 100 ]; then break; fi
done

if [ -n "$id" ]; then
	way=PATCH path=$here/comments/$id
else
	way=POST path=$here/$PULL_REQUEST/comments
fi
ask "$way" "$path" "$dir/answer.json" --header 'content-type: application/json' --data-binary @"$dir/request.json"
case $STATUS in
200 | 201) echo "the comment is up to date" ;;
*) refused "$way" "$path" "$dir/answer.json" 'pull-requests: write' ;;
esac
