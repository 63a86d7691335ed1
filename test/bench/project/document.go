package project

import (
	"fmt"
	"strings"
)

// cities name teams in two scripts.
var cities = []struct{ english, chinese string }{
	{"Shanghai", "上海"}, {"Hangzhou", "杭州"}, {"Chengdu", "成都"}, {"Xiamen", "厦门"}, {"Oslo", "奥斯陆"}, {"Lisbon", "里斯本"},
}

// typeOf is the type of a provider; of each a pool may hold any number, as far
// as anybody knows.
func typeOf(provider int) string {
	switch provider % 10 {
	case 3:
		return "cas"
	case 6, 9:
		return "saml"
	}
	return "oidc"
}

func provider(i int) string {
	city := cities[i%len(cities)]
	return fmt.Sprintf(`# %[3]s团队的身份源, kept by the team itself.
apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: team-%05[1]d}
spec: {name: "%[3]s %[4]s %[1]d", type: %[2]s}
`, i, typeOf(i), city.chinese, city.english)
}

// connection is one way in. One in ten has no comment, as in life.
func connection(i int) string {
	var b strings.Builder
	team := i / PerProvider
	city := cities[team%len(cities)]
	if i%10 != 0 {
		fmt.Fprintf(&b, "# %s: the way in number %d (%s 第 %d 个登录方式)\n", city.english, i%PerProvider, city.chinese, i%PerProvider)
	}
	fmt.Fprintf(&b, `apiVersion: idpsync/v1
kind: Connection
metadata:
  name: conn-%06[1]d
spec:
  provider: team-%05[2]d
  type: %[3]s
  displayName: 使用%[4]s账号登录 %[1]d   # shown on the button
  loginOnly: %[5]t
  logo: https://files.example.com/social-connections/icon_%[3]s.png
  fields:
`, i, team, typeOf(team), city.chinese, i%2 == 0)
	switch typeOf(team) {
	case "cas":
		fmt.Fprintf(&b, "    casConnectionLoginUrl: https://cas-%06d.example.com/login\n", i)
	case "saml":
		fmt.Fprintf(&b, `    signInEndPoint: https://saml-%06[1]d.example.com/sso
    signOutEndPoint: https://saml-%06[1]d.example.com/slo
    samlIdpCert: MIIC%024[1]dAgMBAAGjUDBOMB0GA1UdDgQWBBQ%024[1]dwDQYJKoZIhvcNAQEL
    signSamlRequest: false
    protocolBinding: HTTP-POST
`, i)
	default:
		b.WriteString(oidcFields(i))
	}
	return b.String()
}

// scopes are what connections ask for; each takes three to seven.
var scopes = []string{"openid", "profile", "email", "phone", "address", "offline_access", "groups"}

func oidcFields(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `    mode: BACK_CHANNEL
    issuerUrl: https://idp-%06[1]d.example.com
    clientID: client-%016[1]x
    clientSecret: {secretFrom: {env: BENCH_SECRET_%02[2]d}}
    scopes:
`, i, i/PerProvider%secrets)
	for _, s := range scopes[:3+i%5] {
		fmt.Fprintf(&b, "      - %s\n", s)
	}
	return b.String()
}

func application(i int) string {
	city, strategy := cities[i%len(cities)], ""
	if i%10 == 0 {
		strategy = "\n  permissionStrategy: DENY_ALL"
	}
	return fmt.Sprintf(`apiVersion: idpsync/v1
kind: Application
metadata: {name: app-%05[1]d}
spec:
  appName: %[2]s门户 %[1]d
  appDescription: The portal of the team in %[3]s
  appType: web
  redirectUris: [https://app-%05[1]d.example.com/callback, https://app-%05[1]d.example.net/callback]
  logoutRedirectUris: [https://app-%05[1]d.example.com/bye]
  ssoEnabled: true%[5]s
  connections: [conn-%06[4]d]   # 登录按钮
  loginConfig:
    enabledBasicLoginMethods: [EMAIL_CODE, EMAIL_PASSWORD]
    showAuthorizationPage: false
  oidcConfig:
    grant_types: [authorization_code, refresh_token]
    response_types: [code]
    id_token_signed_response_alg: RS256
    access_token_expire: 3600
`, i, city.chinese, city.english, i*PerProvider, strategy)
}
