package report_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/idpsync/idpsync/internal/report"
)

func TestTmp(t *testing.T) {
	for _, f := range report.Formats(sample()) {
		for _, l := range []string{"en", "zh-CN"} {
			var b bytes.Buffer
			if err := report.Render(&b, f, sample(), report.Style{Lang: l}); err != nil {
				t.Fatal(f, err)
			}
			os.WriteFile("/tmp/B-"+l+"."+f, b.Bytes(), 0o644)
		}
	}
}
