package rules

import (
	"slices"
	"sort"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// defaultLogin (IDP0205): the login method that an application shows first must
// be one that its own document switches on. What the document leaves to the
// server is judged by the guard "lockout" instead.
func defaultLogin(desired *model.State) []Finding {
	var fs []Finding
	for r := range desired.Of(model.Application) {
		if r.Lifecycle == model.Absent || r.Lifecycle == model.External {
			continue
		}
		for path, conn := range r.Refs {
			if r.Whole && desired.Get(model.EnablementKey(r.Key.Name, conn.Name)) == nil {
				fs = append(fs, Finding{
					Code: "IDP0205", Key: r.Key, Path: path,
					Message: diagnostic.Text{ID: "rule.defaultConnection", Args: []any{conn.Name}},
				})
			}
		}
		if methods, ok := r.At("loginConfig", "enabledBasicLoginMethods"); ok {
			typ := r.Text("loginConfig", "defaultLoginMethod", "connectionType")
			want := basicFor(typ, r.Text("loginConfig", "defaultLoginMethod", "qrcodeType"))
			if want != nil && !anyOf(methods, want) && r.Text("loginConfig", "defaultLoginMethod", references[typ]) == "" {
				fs = append(fs, Finding{
					Code: "IDP0205", Key: r.Key, Path: "loginConfig.defaultLoginMethod.connectionType",
					Message: diagnostic.Text{ID: "rule.defaultBasic", Args: []any{typ}},
				})
			}
		}
	}
	sort.SliceStable(fs, func(i, j int) bool { return fs[i].Key.Compare(fs[j].Key) < 0 })
	return fs
}

// basicFor lists the basic methods of which a default login method needs one;
// nil when it needs a connection, or nothing that is known.
func basicFor(connectionType, qrcodeType string) []string {
	switch connectionType {
	case "PASSWORD":
		return []string{"PHONE_PASSWORD", "EMAIL_PASSWORD", "USERNAME_PASSWORD"}
	case "PASSCODE":
		return []string{"PHONE_CODE", "EMAIL_CODE"}
	case "QRCODE":
		if qrcodeType == "SELF_BUILT_APP" {
			return []string{"SELF_BUILT_APP_QRCODE"}
		}
	}
	return nil
}

func anyOf(list any, want []string) bool {
	vs, _ := list.([]any)
	return slices.ContainsFunc(vs, func(v any) bool {
		s, _ := v.(string)
		return slices.Contains(want, s)
	})
}
