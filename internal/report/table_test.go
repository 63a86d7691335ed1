package report_test

import (
	"bytes"
	"testing"

	"github.com/idpsync/idpsync/internal/report"
)

func TestATableIsAlignedByDisplayWidth(t *testing.T) {
	var b bytes.Buffer
	if err := report.Table(&b, report.Style{}, [][]string{{"TYPE", "NAME"}, {"微信", "x\ny"}, {"oidc", "z"}}); err != nil {
		t.Fatal(err)
	}
	want := "TYPE  NAME\n微信  x\\ny\noidc  z\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
