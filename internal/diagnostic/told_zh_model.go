package diagnostic

var toldModel = rows{
	{"(secret)", "（密钥）"},

	{"%d application", "%d 个应用"},
	{"%d connection", "%d 个连接"},
	{"%d identity provider", "%d 个身份源"},
	{"application", "应用"},
	{"connection", "连接"},
	{"identity provider", "身份源"},

	{"%q is no key: want <kind>/<name>, for example application/portal", "%q 不是对象的键：应为 <种类>/<名称>，例如 application/portal"},
	{"links between its users and their outside accounts are lost", "用户与外部账号之间的绑定会丢失"},
	{"its appId, its secret and its users' grants are lost", "它的 appId、密钥和用户授权会丢失"},
}
