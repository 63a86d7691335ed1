package diagnostic

var toldApply = rows{
	{"done", "完成"},
	{"failed", "失败"},
	{"skipped", "跳过"},
	{"unknown", "未知"},

	{"stopped before it began", "开始之前就已停止"},
	{"the server cannot be reached any more", "服务器已经无法连接"},
	{"something before it failed, and nothing is taken away after a failure", "前面的步骤失败了，而失败之后不再移除任何东西"},
	{"%s %s did not succeed", "%[2]s 的%[1]t没有成功"},
	{"disable %s", "停用 %s"},
	{"disable %s: %w", "停用 %s：%s"},
	{"removed, but not made again: %w", "已移除，但没有重新创建：%s"},
	{"removed, but not made again, and these login buttons are off since: %s: %w", "已移除，但没有重新创建，以下登录按钮从此关闭：%s：%s"},
	{"%s was to make up for it, and %v", "本应由 %s 补上，而%s"},
	{"made, but where the server switched it on by itself could not be read: %w", "已创建，但无法读取服务器自行在哪些应用中启用了它：%s"},
	{"made, and the server switched it on by itself: switching off %s: %w", "已创建，而服务器自行启用了它：停用 %s：%s"},
}
