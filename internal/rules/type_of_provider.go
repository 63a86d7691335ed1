package rules

import (
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// typeOfProvider (IDP0207): a connection's type belongs to one provider type.
// The first word of a connection type names the provider's, with the exceptions
// in the table (contract 4.1, 4.3).
func typeOfProvider(desired *model.State) []Finding {
	var fs []Finding
	for r := range desired.Of(model.Connection) {
		p := desired.Get(model.Key{Kind: model.IdentityProvider, Name: r.Text("provider")})
		if p == nil || r.Lifecycle == model.External || r.Lifecycle == model.Absent {
			continue
		}
		have, typ := p.Text("type"), r.Text("type")
		want := providerType(typ)
		if typ == "" || have == "" || want == have || !knownProviderType(want) {
			continue
		}
		fs = append(fs, Finding{Code: "IDP0207", Key: r.Key, Path: "type",
			Message: diagnostic.Text{ID: "rule.typeOfProvider", Args: []any{typ, want, p.Key.Name, have}}})
	}
	return fs
}

var exceptions = map[string]string{
	"oauth": "oauth2", "wechatmp-qrcode": "wechat", "ad-kerberos": "ad", "lark-internal": "lark",
	"lark-public": "lark", "lark-block": "lark", "zjzwfw-qrcode": "zjzwfw",
}

func providerType(connectionType string) string {
	if p, ok := exceptions[connectionType]; ok {
		return p
	}
	first, _, _ := strings.Cut(connectionType, ":")
	return first
}

var providerTypes = strings.Fields(`oidc oauth2 saml ldap ad cas azure-ad wechat google qq wechatwork dingtalk weibo
	github alipay apple baidu lark gitlab twitter facebook slack linkedin yidun qingcloud gitee instagram welink huawei
	honor xiaomi oppo aws amazon douyin kuaishou line sdbz zjzwfw zzding seeyona8v5`)

func knownProviderType(t string) bool {
	for _, p := range providerTypes {
		if p == t {
			return true
		}
	}
	return false
}
