package web

// chinese are the words of the page. A test holds it to what the templates and
// the code say.
var chinese = map[string]string{
	// states, verdicts, phases
	"in sync":       "一致",
	"pending":       "待应用",
	"drifted":       "已漂移",
	"failing":       "失败",
	"unmanaged":     "未管理",
	"refused":       "被守卫拒绝",
	"invalid":       "无效",
	"looking":       "正在查看",
	"waiting":       "等待中",
	"reading files": "正在读取文件",
	"comparing":     "正在比较",
	"applying":      "正在应用",
	"error":         "错误",
	"warning":       "警告",

	// the frame
	"all targets":                   "所有目标",
	"at":                            "位于",
	"back to the start":             "返回首页",
	"connected again":               "已重新连接",
	"connection lost; trying again": "连接已断开，正在重试",
	"hint":                          "提示",
	"how it stands":                 "当前状态",
	"Log in":                        "登录",

	"It stands in the file that --auth-token-file names.": "令牌在 --auth-token-file 指定的文件里。",

	"pages":                      "页面",
	"search":                     "搜索",
	"skip to the content":        "跳到正文",
	"That is not the token.":     "令牌不正确。",
	"There is no such page":      "没有这个页面",
	"times are UTC":              "时间为 UTC",
	"times are in your own zone": "时间为本地时区",
	"token":                      "令牌",
	"targets":                    "目标",

	// the head

	"A guard refuses the plan. Nothing is written until a person has looked.": "守卫拒绝了这个计划。在有人查看之前不会写入任何内容。",

	"Secrets have no value: set these variables and start the watch again.": "密钥没有值：请设置以下变量，然后重新启动 watch。",

	"Secrets have no value: each line says what is missing.": "密钥没有值：以下各行说明缺少什么。",

	"What the files said before still counts.": "仍按文件之前的有效内容运行。",

	"The files are wrong. What they said before still counts.": "文件有误，仍按之前的有效内容运行。",

	"The files are wrong. Nothing can be compared before they are right.": "文件有误，改正之前无法比较。",

	"and %d more":                      "另有 %d 条",
	"apply: what differs is put right": "应用：发现差异即改正",

	"detect: what differs is shown, nothing is written": "检测：只显示差异，不写入",

	"last success":   "上次成功",
	"mode":           "模式",
	"next look":      "下次查看",
	"pool":           "用户池",
	"since":          "自",
	"source":         "来源",
	"tried again at": "重试时间",

	// objects
	"all":                       "全部",
	"objects":                   "对象",
	"object":                    "对象",
	"objects by state":          "按状态查看对象",
	"%d of %d objects":          "%d / %d 个对象",
	"state":                     "状态",
	"why":                       "原因",
	"last change":               "最近变化",
	"name, kind or reason":      "名称、类型或原因",
	"Nothing fits.":             "没有符合条件的对象。",
	"There are no objects yet.": "还没有对象。",
	"differences":               "差异",
	"field":                     "字段",
	"file":                      "文件",
	"server":                    "服务器",
	"last applied":              "上次应用",
	"changed by":                "改动来自",
	"the server":                "服务器",
	"the files":                 "文件",
	"both":                      "两边",
	"nobody knows":              "未知",
	"id on the server":          "服务器上的 ID",
	"needs":                     "依赖",
	"planned":                   "计划中的变更",
	"what belongs to it":        "与它相关的对象",

	// the plan
	"plan":                       "计划",
	"No plan has been made yet.": "还没有计划。",
	"made at":                    "生成于",

	"Nothing to do; %d unchanged, %d unmanaged": "无需变更；%d 个未变，%d 个未管理",

	"%d to create, %d to change, %d to replace, %d to delete; %d unchanged, %d unmanaged": "创建 %d，更新 %d，替换 %d，删除 %d；未变 %d，未管理 %d",

	"changes %d to %d of %d": "第 %d 至 %d 项，共 %d 项变更",
	"create":                 "创建",
	"update":                 "更新",
	"replace":                "替换",
	"delete":                 "删除",
	"low risk":               "低风险",
	"medium risk":            "中风险",
	"high risk":              "高风险",
	"before":                 "之前",
	"after":                  "之后",
	"used by":                "使用它的应用",
	"known after apply":      "应用后可知",
	"cannot be compared":     "无法比较",
	"will be sent":           "将会发送",
	"not evaluated":          "未求值",
	"against last applied":   "与上次应用的值相比",

	// the graph
	"graph":              "关系图",
	"show all":           "显示全部",
	"the same as a list": "以列表显示",
	"%s needs %s":        "%s 依赖 %s",

	"%d of %d objects, and what needs what": "%d / %d 个对象及其依赖关系",

	// the runs
	"runs":                     "运行记录",
	"run":                      "运行",
	"begun":                    "开始",
	"by":                       "执行程序",
	"outcome":                  "结果",
	"done":                     "完成",
	"failed":                   "失败",
	"skipped":                  "跳过",
	"unknown":                  "未知",
	"not kept":                 "未保留",
	"not finished":             "未结束",
	"its journal is damaged":   "日志已损坏",
	"ended with exit code %d":  "以退出码 %d 结束",
	"cut off, settled by %s":   "被中断，由 %s 查明结果",
	"%d requests, %d open":     "%d 个请求，%d 个结果未知",
	"Nothing was applied yet.": "还没有应用过。",

	// the fleet
	"target":                         "目标",
	"targets by state":               "按状态查看目标",
	"%d of %d targets":               "%d / %d 个目标",
	"targets %d to %d of %d":         "第 %d 至 %d 个，共 %d 个目标",
	"targets that need a person: %d": "需要人来处理的目标：%d",
	"There are no targets yet.":      "还没有目标。",

	"name, reason, replica or commit": "名称、原因、副本或提交",

	"1 object":                 "1 个对象",
	"%d objects":               "%d 个对象",
	", ":                       "，",
	"last look":                "上次查看",
	"replica, commit":          "副本、提交",
	"replica":                  "副本",
	"replicas":                 "副本",
	"leader":                   "领导者",
	"this page":                "本页面",
	"alive":                    "在线",
	"gone":                     "已离线",
	"last heard":               "最后心跳",
	"works on":                 "正在处理",
	"sources":                  "来源",
	"version":                  "版本",
	"another version on: %s":   "版本不同的副本：%s",
	"the fleet":                "集群",
	"running":                  "运行中",
	"retrying":                 "等待重试",
	"given up":                 "已放弃",
	"the oldest waits since":   "最久的等待始于",
	"it is as of":              "数据截至",
	"or when the files change": "或在文件变化时",

	"Given up after %d failures in a row":                "连续失败 %d 次后已放弃",
	"The details cannot be read at the moment: %s":       "目前无法读取详细信息：%s",
	"The fleet file names what cannot be worked on.":     "集群文件里有无法处理的内容。",
	"The database does not answer. What is shown is old": "数据库没有应答。显示的是旧内容",
}
