package cli

import (
	"bytes"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// bashLibrary is the one call of the generated script into the bash-completion
// package. Where that is not installed, as on a Mac or in a small image, nothing
// would be completed.
const bashLibrary = `_get_comp_words_by_ref "$@" cur prev words cword`

// bashWords does what the script needs of it: bash parts words at "=" and ":",
// and they are put together again where no space is between them.
const bashWords = `
# Takes the place of _get_comp_words_by_ref -n =: where bash-completion is missing.
__idpsync_words()
{
    local rest=${COMP_LINE} i gap piece last=''
    words=() cword=0
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        piece=${COMP_WORDS[i]}
        gap=${rest%%[![:space:]]*}
        rest=${rest#"${gap}"}
        rest=${rest#"${piece}"}
        if ((i > 0)) && [[ -z ${gap} && (${piece} == [=:]* || ${last} == *[=:]) ]]; then
            words[${#words[@]}-1]+=${piece}
        else
            words+=("${piece}")
        fi
        last=${piece}
        ((i == COMP_CWORD)) && cword=$((${#words[@]} - 1))
    done
    cur=${words[cword]}
    prev=''
    ((cword > 0)) && prev=${words[cword-1]}
}
`

// writeBash writes the library's script, able to do without bash-completion.
func writeBash(w io.Writer, root *cobra.Command) error {
	var b bytes.Buffer
	if err := root.GenBashCompletionV2(&b, true); err != nil {
		return err
	}
	script := strings.Replace(b.String(), bashLibrary, "__idpsync_words", 1)
	head, rest, _ := strings.Cut(script, "\n")
	_, err := io.WriteString(w, head+"\n"+bashWords+rest)
	return err
}
