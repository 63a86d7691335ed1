package diagnostic

var toldSecret = rows{
	{"it does not exist", "它不存在"},
	{"it lies outside of the project and of the secret folders", "它在项目和密钥文件夹之外"},
	{"it is too large", "它太大"},
	{"too large", "太大"},
	{"not a regular file", "不是普通文件"},
	{"its identityFile cannot be read: %s", "无法读取它的 identityFile：%t"},
	{"what should open it holds no age identities", "用来打开它的文件里没有 age 身份"},
	{"none of the identities opens it", "没有一个身份能打开它"},
	{"it is no age file, or it is damaged", "它不是 age 文件，或者已损坏"},
	{"the variable %s is not set", "变量 %s 没有设置"},
	{"it took longer than %s", "它用时超过 %s"},
	{"there is no program of that name", "没有这个名称的程序"},
	{"it ended with %s", "它以 %s 结束"},
	{"(what it said is withheld: it may hold a secret)", "（它输出的内容不予显示：其中可能有密钥）"},
}
