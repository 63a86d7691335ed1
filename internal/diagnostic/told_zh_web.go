package diagnostic

var toldWeb = rows{
	{"not yet: files and server were not read whole so far", "还没有：到目前为止没有完整读取文件和服务器"},
	{"the token is blank", "令牌为空"},
	{"target %q cannot be shown: it has no status, or is there twice", "目标 %q 无法显示：它没有状态，或出现了两次"},
	{"metrics of another server: %w", "另一台服务器的指标：%s"},
	{"not yet: %s", "还没有：%s"},
	{"there is none yet", "还没有"},
}
