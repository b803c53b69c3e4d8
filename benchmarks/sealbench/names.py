"""Invented companies, offices and people. What one split draws on, the other never does.

A company's own part (its brand) is made of characters that stand in no place, trade or legal form of
these lists, and each such character belongs to one split only. So no company of one split can be a
company of the other. Offices have no brand: their towns are split instead.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sealbench.chance import between, digits, happens, pick, weighted
from sealbench.fonts import Split

_PROVINCES = (
    "浙江省 江苏省 广东省 山东省 河南省 四川省 湖北省 湖南省 福建省 安徽省 河北省 陕西省 云南省 辽宁省 江西省 "
    "贵州省 山西省 甘肃省 海南省 青海省 吉林省 黑龙江省 北京市 上海市 天津市 重庆市"
).split()
_TOWNS = (
    "杭州 苏州 南京 宁波 温州 绍兴 无锡 常州 南通 徐州 广州 深圳 佛山 东莞 珠海 济南 青岛 烟台 潍坊 郑州 洛阳 "
    "开封 焦作 成都 绵阳 宜宾 武汉 襄阳 宜昌 长沙 株洲 湘潭 福州 厦门 泉州 合肥 芜湖 六安 石家庄 保定 唐山 西安 "
    "咸阳 昆明 曲靖 沈阳 大连 鞍山 南昌 赣州 贵阳 遵义 太原 大同 兰州 海口 三亚 西宁 长春 吉林 哈尔滨 大庆 台州 "
    "嘉兴 湖州 金华 衢州 盐城 扬州 镇江 淄博 临沂 菏泽 商丘 南阳"
).split()
_TRADES = (
    "贸易 科技 网络科技 信息技术 建筑工程 装饰工程 机械制造 电子商务 物流 国际物流 食品 餐饮管理 医药 医疗器械 "
    "房地产开发 物业管理 文化传媒 广告 印务 纺织 服饰 化工 新材料 能源 电力设备 汽车销售 汽车服务 商贸 实业 投资 "
    "农业发展 生物科技 环保工程 教育咨询 企业管理 人力资源 劳务派遣 进出口 五金制品 家具 塑料制品 制冷设备 仪器仪表 "
    "园林绿化 酒店管理 旅行社 会计师 软件 通信工程 测绘 检测技术 包装 粮油 茶业 水产 矿业 钢结构 市政工程"
).split()
_FORMS = {
    "有限公司": 10.0,
    "有限责任公司": 3.0,
    "股份有限公司": 2.0,
    "集团有限公司": 1.5,
    "厂": 0.8,
    "商行": 0.8,
    "经营部": 0.8,
    "有限公司分公司": 0.5,
    "中心": 0.5,
    "事务所": 0.5,
    "合作社": 0.4,
    "店": 0.4,
}
_OFFICES = (
    "市场监督管理局 公安局 税务局 人民法院 人力资源和社会保障局 财政局 教育局 交通运输局 自然资源和规划局 住房和城乡建设局 "
    "卫生健康委员会 发展和改革委员会 民政局 司法局 人民政府办公室 档案馆 图书馆 第一中学 第二人民医院 中心小学 "
    "公共资源交易中心 不动产登记中心 行政审批局 生态环境局 农业农村局 仲裁委员会"
).split()
#: Characters that companies like; the rest of the pool comes from the whole of GB 2312's first level.
_LIKED = (
    "鑫淼森焱垚昊翔琪瑶腾飞宏远恒泰盛隆昌荣华瑞祥嘉禾博雅卓越锦绣凯旋鸿运顺达捷诚信义仁和润泽丰裕康宁"
    "雅馨源聚星辰晨曦朗月辉煌耀峰岳巍海川江河湖溪泉润沐霖雪梅兰竹菊松柏桐枫荷莲蕊芷若蓝青紫玉珠宝琳琅"
    "瑾瑜璟珺琛璇麒麟凤凰龙虎豹鹏鹰雁燕鹤骏驰骋驿途迈创启拓展跃升腾翼云霄宇宙寰球环亚欧美澳尔斯特奥科"
    "伟业立基固磐石鼎钧铭锋锐铸铠钰铂银金玺印章帆航舟桥楼阁轩堂斋园圃苑庄"
)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严金魏陶姜谢邹喻潘葛范彭鲁韦马苗方俞任袁柳"
_SYLLABLES = (
    "ka lo mi tren vas sol dor pel rin gal bex tor zan fel nor mak lin ves ton rok sil var hen pol "
    "dex jun kor lam nis orb pra quel ras stel tam ulm vor wex yar zel bri cor dal eron fin gor"
).split()
_EAST = ("TRADING", "TECHNOLOGY", "INDUSTRIAL", "LOGISTICS", "ELECTRIC", "FOODS", "TEXTILE", "TOOLS")
_FIRM = ("CO., LTD.", "CO.,LTD", "LIMITED", "GROUP CO., LTD.")


def company(rng: np.random.Generator, split: Split) -> str:
    """Return a company's name of 6 to 24 characters."""
    place = weighted(rng, {"town": 4.0, "city": 3.0, "province": 2.0, "both": 1.0, "": 2.0})
    prefix = {
        "town": pick(rng, _TOWNS),
        "city": pick(rng, _TOWNS) + "市",
        "province": pick(rng, _PROVINCES),
        "both": pick(rng, _PROVINCES) + pick(rng, _TOWNS) + "市",
        "": "",
    }[place]
    trade = pick(rng, _TRADES) if happens(rng, 0.92) else ""
    tail = trade + weighted(rng, _FORMS)
    name = prefix + brand(rng, split) + tail
    return name if len(name) >= _SHORTEST else pick(rng, _PROVINCES) + name


#: Characters of the shortest name that a ring carries.
_SHORTEST = 6


def office(rng: np.random.Generator, split: Split) -> str:
    """Return the name of a public body."""
    town = pick(rng, towns(split))
    return town + "市" + pick(rng, _OFFICES)


def brand(rng: np.random.Generator, split: Split) -> str:
    """Return a company's own part of its name: 2 to 4 characters of the split's."""
    liked, all_of_them = _pools(split)
    pool = liked if happens(rng, 0.6) else all_of_them
    count = weighted(rng, {2: 6.0, 3: 3.0, 4: 1.0})
    return "".join(pick(rng, pool) for _ in range(count))


def latin_company(rng: np.random.Generator, split: Split) -> str:
    """Return a company's name in capital Latin letters."""
    own = _SYLLABLES[0 if split == "train" else 1 :: 2]
    name = "".join(pick(rng, own) for _ in range(int(rng.integers(2, 4)))).upper()
    trade = f" {pick(rng, _EAST)}" if happens(rng, 0.8) else ""
    return f"{name}{trade} {pick(rng, _FIRM)}"


def person(rng: np.random.Generator, split: Split) -> str:
    """Return a person's name of 2 or 3 characters."""
    liked, _ = _pools(split)
    given = weighted(rng, {1: 1.0, 2: 2.0})
    return pick(rng, _SURNAMES) + "".join(pick(rng, liked) for _ in range(given))


def tax_code(rng: np.random.Generator) -> str:
    """Return a unified social credit code's 18 places, or the 15 of an older tax number."""
    if happens(rng, 0.2):
        return digits(rng, 15)
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    tail = "".join(pick(rng, letters) for _ in range(10))
    return "91" + digits(rng, 6) + tail


def town(rng: np.random.Generator, split: Split) -> str:
    """Return one of the split's towns."""
    return pick(rng, towns(split))


def towns(split: Split) -> list[str]:
    """Return the towns whose offices the split may name."""
    return _TOWNS[0 if split == "train" else 1 :: 2]


def date(rng: np.random.Generator) -> str:
    """Return a day as contracts write it."""
    year, month, day = (int(rng.integers(*span)) for span in ((2005, 2026), (1, 13), (1, 29)))
    style = weighted(rng, {"年月日": 3.0, "-": 1.0, ".": 1.0})
    if style == "年月日":
        return f"{year}年{month}月{day}日"
    return style.join((f"{year}", f"{month:02}", f"{day:02}"))


def amount(rng: np.random.Generator) -> str:
    """Return an amount of money in figures."""
    return f"{10 ** between(rng, 1.5, 6.5):,.2f}"


@lru_cache
def _pools(split: Split) -> tuple[str, str]:
    """Return the split's characters for brands: those that companies like, and all."""
    used = set("".join((*_PROVINCES, *_TOWNS, *_TRADES, *_FORMS, *_OFFICES)))
    rows, columns = range(0xB0, 0xD8), range(0xA1, 0xFF)
    level_one = [bytes((r, c)).decode("gb2312", "ignore") for r in rows for c in columns]
    parity = 0 if split == "train" else 1
    ours = [char for char in level_one if char and char not in used and ord(char) % 2 == parity]
    liked = [char for char in dict.fromkeys(_LIKED) if char in set(ours)]
    return "".join(liked), "".join(ours)
