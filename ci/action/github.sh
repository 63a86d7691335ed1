# shellcheck shell=bash
# What the scripts of the action share: how they fail, and how they ask GitHub.

# fail SAYS [HINT]: an error of the action itself. The runner reads stderr as it
# reads stdout, and stdout may be what somebody substitutes.
fail() {
	printf '::error title=idpsync::%s\n' "$(escape "$1")" >&2
	[ $# -lt 2 ] || printf 'hint: %s\n' "$(escape "$2")" >&2
	exit "${CODE:-64}"
}

# escape makes text one line that ends no workflow command early.
escape() {
	local s=${1//'%'/%25}
	s=${s//$'\r'/%0D}
	printf '%s' "${s//$'\n'/%0A}"
}

# output NAME VALUE: an output of the step; a value of several lines would be
# more than one output, and is refused.
output() {
	case $2 in *$'\n'* | *$'\r'*) fail "the value of $1 has more than one line" ;; esac
	printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# aloud FILE...: into the log, where a line of it that looks like a workflow
# command is nothing but text.
aloud() {
	local word
	word=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
	printf '::stop-commands::%s\n' "$word"
	cat -- "$@"
	printf '\n::%s::\n' "$word"
}

# need PROGRAM...: the programs that a script cannot do without.
need() {
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null || fail "$p is not installed on this runner" "the runners of GitHub have it; install it on your own"
	done
}

# named: the name that keeps targets apart, of letters that fit a file, an
# artifact and a comment.
named() {
	local name=${NAME:-idpsync-${TARGET:-default}}
	[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]] || fail "name: want letters, digits, dots and dashes, at most 64 of them"
	printf '%s' "$name"
}

# ask METHOD PATH ANSWERFILE [more arguments of curl]: one request to the API.
# The token goes through a pipe, not through the list of processes. The status
# is in STATUS; only reads are tried again, since a comment must not be doubled.
ask() {
	local method=$1 path=$2 answer=$3 again=()
	shift 3
	[ "$method" != GET ] || again=(--retry 3 --retry-connrefused)
	STATUS=$(curl --silent --show-error --max-time 120 --max-filesize 268435456 ${again[@]+"${again[@]}"} --request "$method" \
		--header @<(printf 'authorization: Bearer %s\n' "$GITHUB_TOKEN") --header 'x-github-api-version: 2022-11-28' \
		--output "$answer" --write-out '%{http_code}' "$@" "$GITHUB_API_URL$path") || CODE=7 fail "GitHub does not answer $method $path"
}

# refused METHOD PATH ANSWERFILE PERMISSION: an answer that is not a good one.
refused() {
	local says
	says=$(jq -r '.message // empty' "$3" 2>/dev/null | head -c 300)
	CODE=7 fail "GitHub answered $STATUS to $1 $2${says:+: $says}" "does the job have \"permissions: $4\"?"
}

# pick ANSWERFILE [arguments of jq]: a part of an answer.
pick() {
	local file=$1
	shift
	jq -r "$@" "$file" 2>/dev/null || CODE=7 fail "GitHub answered what its documents do not say"
}
