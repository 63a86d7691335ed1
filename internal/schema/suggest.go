package schema

// renamed maps keys of the API to what stands in their place here (spec 2).
var renamed = map[string]string{
	"enabledExtIdpConnIds":  "connections",
	"enabledExtIdpConns":    "connections",
	"enabledAllExtIdpConns": "connections",
	"qrcodeExtIdpConnId":    "qrcodeConnection",
	"adExtIdpConnId":        "adConnection",
	"ldapExtIdpConnId":      "ldapConnection",
	"extIdpId":              "provider",
}
