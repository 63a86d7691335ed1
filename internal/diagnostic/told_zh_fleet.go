package diagnostic

var toldFleet = rows{
	// clock.go, database.go, folder.go
	{"the program ended in the middle of each of its passes", "程序在它的每一轮中途都结束了"},
	{"the address cannot be read", "地址无法读取"},
	{"%s is no folder", "%s 不是文件夹"},
	{"the database holds jobs of another program in the same schema", "数据库在同一个 schema 中保存着另一个程序的任务"},
	{"give idpsync a database of its own, or a schema: ?search_path=NAME in the URL, after create schema NAME", "请给 idpsync 一个自己的数据库，或一个自己的 schema：先 create schema 名称，再在 URL 中写 ?search_path=名称"},
	// departed.go
	{"no longer looked after: %s and %d more", "不再照管：%s 以及另外 %d 个"},
	{"no longer looked after: %s", "不再照管：%s"},
	{"no entry of the fleet file picks them, or their project does not have them; their pools and what is known of them stay as they are", "fleet 文件中没有条目选中它们，或其项目中没有它们；它们的用户池和已知的内容保持不变"},
	{"the fleet file of this replica cannot be used as it is now: the last good one stays in force", "本副本的 fleet 文件现在无法使用：上一份正确的仍然有效"},
	// pass.go
	{"the clock could not be read", "无法读取时钟"},
	{"the pass failed: its row in idpsync_target says why", "这一轮失败：原因在 idpsync_target 中它的那一行"},
	{"the files lead elsewhere now: target %s names another host, pool or other credentials than when it was first looked at", "文件现在指向别处：目标 %s 的主机、用户池或凭据与第一次查看时不同"},
	{"target %s would show the value of %s to another server than the one that it belongs to: %s", "目标 %s 会把 %s 的值交给并非它所属的服务器：%s"},
	{"targets %s and %s are the same user pool, and both would apply", "目标 %s 与 %s 是同一个用户池，而且两者都会执行变更"},
	{"another one", "另一个目标"},
	{"take one of them out of the fleet file, or let it only detect", "请从 fleet 文件中去掉其中一个，或让它只检测"},
	{"target %s leads to a server that is new to this source: %s", "目标 %s 指向对该来源来说陌生的服务器：%s"},
	{"if that is meant, send SIGHUP to a replica, or start one with --accept-moves", "如果确实如此，请向一个副本发送 SIGHUP，或用 --accept-moves 启动一个副本"},
	{"a mistake in idpsync ended the pass", "idpsync 中的错误结束了这一轮"},
	{"a later pass has begun", "更晚的一轮已经开始"},
	// replica.go
	{"the fleet file names what is not there", "fleet 文件指到了不存在的内容"},
	{"source %s: %s", "来源 %s：%s"},
	{"there is no database yet", "还没有数据库"},
	// source.go
	{"the folder %s is not there", "文件夹 %s 不存在"},
	{"its targets wait, and go on as soon as it can be read", "它的目标会等待，一旦能读取就继续"},
	{"this replica does not have version %.12s of source %s", "这个副本没有版本 %.12s（来源 %s）"},
	{"the files of %s change while they are read", "%s 的文件在读取时发生变化"},
	// version.go, view.go
	{"source %s: targets with control characters in their names are left out: %d", "来源 %s：名称含控制字符的目标被略去：%d 个"},
	{"a source vanished", "一个来源消失了"},
	{"the fleet file of this replica is not the one in force: it does not work until it is", "这个副本的 fleet 文件不是生效的那一个：在它生效之前，副本不工作"},
	{"not yet: the database was not read so far", "还没有：至今没有读到数据库"},
}
