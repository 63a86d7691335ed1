package diagnostic

var toldPlan = rows{
	{"create", "创建"},
	{"update", "更新"},
	{"replace", "替换"},
	{"delete", "删除"},
	{"changed", "有变化"},
	{"missing", "缺失"},

	{"known after apply", "执行后才知道"},
	{"cannot be compared", "无法比较"},
	{"will be sent", "将会发送"},
	{"not evaluated", "没有求值"},
	{"against last applied", "与上次执行的值比较"},

	{"not on the server", "服务器上没有"},
	{"declared absent", "已声明为 absent"},
	{"in no file (prune: %s)", "没有文件声明它（prune: %s）"},
	{"1 field differs", "1 个字段不同"},
	{"%d fields differ", "%d 个字段不同"},
	{"a fixed attribute differs: %s", "固定的属性不同：%s"},
	{"falls with %s, which is replaced", "随 %s 一起删除（后者将被替换）"},
	{"%s is deleted", "%s 被删除"},
	{"%s is replaced and gets a new id", "%s 被替换，将得到新的 id"},
	{"not a login button yet", "还不是登录按钮"},
	{"given back after %s is replaced", "%s 被替换之后恢复"},
	{"switched on outside idpsync", "在 idpsync 之外启用"},
	{"not among the connections of %s", "不在 %s 的 connections 之中"},
	{"the files and the server do not fit together", "配置文件与服务器对不上"},
}
