"""The samples that are pictures: an invoice, receipts, a page without a seal, a cut-out seal."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from seals import (
    BLUE,
    LOGISTICS,
    PRINTING,
    TECHNOLOGY,
    TRADE,
    Company,
    company_seal,
    invoice_seal,
    name_seal,
)
from sheet import Sheet

#: Colour of an invoice's printed form.
FORM = (150, 82, 46)
#: Colour of what a printer fills into a form.
TYPED = (38, 48, 92)

#: Left and right edges of the columns of an invoice's goods, in mm.
GOODS_COLUMNS = [14.0, 76.0, 92.0, 110.0, 136.0, 168.0, 188.0, 226.0]
#: Upper and lower edges of the rows of an invoice, in mm.
BUYER, GOODS, TOTAL, SELLER = (26.0, 50.0), (50.0, 86.0), (86.0, 101.0), (101.0, 125.0)
GOODS_TEXT = (
    ("货物或应税劳务、服务名称", "单位", "数量", "单价", "金额", "税率", "税额"),
    ("*示例商品*仙桃", "箱", "12", "168.00", "2016.00", "13%", "262.08"),
    ("*示例商品*竹简", "卷", "40", "25.50", "1020.00", "13%", "132.60"),
    ("*示例服务*字画装裱", "次", "3", "300.00", "900.00", "6%", "54.00"),
)

LETTER = (
    "关于示例文档的说明",
    "各有关部门：",
    "本页只有文字，没有印章，用来说明一件事：读不到印章的页面同样会留下记录，",
    "结果是“没有找到”，而不是失败。批量处理时，大多数页面都属于这一类，例如",
    "合同的前几页、附件、清单和往来信函。",
    "一、页面先按约定的分辨率转成图像，再交给检测模型寻找印章的位置；没有位置，",
    "就没有后面的文字识别，因此这样的页面读得最快。",
    "二、页面上的标题、表格线、编号和标点都不应当被误认为印章；如果出现误认，",
    "请把页面连同结果一起保存，作为改进模型的依据。",
    "三、同一页面再次提交时不会重复计算，系统直接引用已有的结果。",
    "四、本页内容纯属示例，与任何单位和个人无关，可以自由复制、修改和分发。",
    "附：示例文档一览表见说明文件。",
)


def invoice(font: Path) -> Sheet:
    """Draw an invoice form with its table, and the seller's oval seal at the lower right."""
    sheet = Sheet(240, 140, font)
    _invoice_form(sheet)
    _invoice_goods(sheet)
    _party(sheet, ("购买方", "密码区"), BUYER, TECHNOLOGY)
    _party(sheet, ("销售方", "备　注"), SELLER, TRADE)
    sheet.stamp(invoice_seal(TRADE).pressed(turn=4, seed=11), (188, 117))
    return sheet


def _invoice_form(sheet: Sheet) -> None:
    sheet.text((120, 12), "增值税普通发票", 8, colour=FORM, anchor="mm", bold=True)
    for y in (18.0, 19.2):
        sheet.line((82, y), (158, y), FORM)
    sheet.text((14, 12), "样票　不作报销凭证", 4, colour=FORM)
    for y, text in ((10, "发票号码：00000001"), (16, "开票日期：2024年01月02日")):
        sheet.text((176, y), text, 3.6, colour=TYPED)
    for top, bottom in (BUYER, GOODS, TOTAL, SELLER):
        sheet.grid([14, 226], [top, bottom], FORM)
    footer = ("收款人：", "复核：", "开票人：", "销售方（章）：")
    for x, text in zip((20, 72, 122, 172), footer, strict=True):
        sheet.text((x, 132), text, 3.6, colour=FORM)


def _invoice_goods(sheet: Sheet) -> None:
    sheet.grid(GOODS_COLUMNS, [GOODS[0], GOODS[0] + 9, GOODS[1]], FORM)
    middles = [(left + right) / 2 for left, right in pairwise(GOODS_COLUMNS)]
    for row, texts in enumerate(GOODS_TEXT):
        colour = TYPED if row else FORM
        for x, text in zip(middles, texts, strict=True):
            sheet.text((x, 55 + 8 * row), text, 3.4, colour=colour, anchor="mm")
    sheet.text((45, 90), "合　计", 3.6, colour=FORM, anchor="mm")
    for x, text in ((152, "￥3936.00"), (207, "￥448.68")):
        sheet.text((x, 90), text, 3.6, colour=TYPED, anchor="mm")
    sheet.line((14, 94), (226, 94), FORM)
    sheet.text((45, 97.6), "价税合计（大写）", 3.6, colour=FORM, anchor="mm")
    sheet.text((84, 97.6), "肆仟叁佰捌拾肆元陆角捌分", 3.8, colour=TYPED)
    sheet.text((176, 97.6), "（小写）￥4384.68", 3.8, colour=TYPED)


def _party(
    sheet: Sheet, headings: tuple[str, str], rows: tuple[float, float], company: Company
) -> None:
    sheet.grid([14, 22, 140, 148], [*rows], FORM)
    for x, heading in zip((18, 144), headings, strict=True):
        for i, char in enumerate(heading):
            sheet.text((x, rows[0] + 6 + 6 * i), char, 3.8, colour=FORM, anchor="mm")
    values = (company.name, company.tax_number, "示例银行 0000")
    for i, label in enumerate(("名　　称：", "纳税人识别号：", "开户行及账号：")):
        sheet.text((25, rows[0] + 5 + 7 * i), label, 3.5, colour=FORM)
        sheet.text((52, rows[0] + 5 + 7 * i), values[i], 3.7, colour=TYPED)


def receipts(font: Path) -> list[Sheet]:
    """Draw three receipts of different sizes and resolutions; the second has a blue seal."""
    return [_cash_receipt(font), _delivery_note(font), _payment_slip(font)]


def _cash_receipt(font: Path) -> Sheet:
    sheet = Sheet(190, 100, font)
    sheet.text((95, 14), "收　据", 9, anchor="mm", bold=True)
    sheet.text((176, 14), "No. 0000001", 4, anchor="rm")
    rows = (
        f"今收到：{PRINTING.name}",
        "交　来：第一季度样品押金",
        "金　额（大写）：壹仟贰佰元整　　￥1200.00",
        "收款方式：转账",
    )
    for i, text in enumerate(rows):
        sheet.text((20, 30 + 13 * i), text, 4.4)
        sheet.line((18, 34 + 13 * i), (120, 34 + 13 * i))
    sheet.text((20, 86), "收款单位（盖章）：　　　　　　　　经手人：", 4)
    sheet.stamp(company_seal(TECHNOLOGY, "财务专用章").pressed(turn=-6, seed=21), (146, 66))
    sheet.stamp(name_seal("示例", "之印").pressed(turn=3, seed=22), (84, 78))
    return sheet


def _delivery_note(font: Path) -> Sheet:
    sheet = Sheet(210, 148, font)
    sheet.text((105, 16), "货物签收单", 8, anchor="mm", bold=True)
    columns, rows = [16.0, 40, 110, 140, 194], [30.0, 40, 50, 60, 70, 80]
    sheet.grid(columns, rows)
    table = (
        ("序号", "货物名称", "数量", "备　注"),
        ("1", "样本画册（精装）", "200", "完好"),
        ("2", "样本画册（平装）", "500", "完好"),
        ("3", "空白信封", "1000", "外箱轻微受潮"),
        ("4", "宣传海报", "60", "完好"),
    )
    for y, cells in zip(rows, table, strict=False):
        for (left, right), text in zip(pairwise(columns), cells, strict=True):
            sheet.text(((left + right) / 2, y + 5), text, 4, anchor="mm")
    sheet.text((16, 98), f"发货单位：{PRINTING.name}", 4.2)
    sheet.text((16, 112), f"承运单位：{LOGISTICS.name}", 4.2)
    sheet.text((16, 126), "签收日期：2024年03月04日", 4.2)
    seal = company_seal(LOGISTICS, "收货专用章", colour=BLUE, numbered=False)
    sheet.stamp(seal.pressed(turn=8, seed=23), (148, 112))
    return sheet


def _payment_slip(font: Path) -> Sheet:
    sheet = Sheet(105, 148, font)
    sheet.text((52, 16), "收款凭条", 7, anchor="mm", bold=True)
    rows = ("项目：画册印刷尾款", "单价：5.50 元", "数量：700 册", "合计：3850.00 元", "经办：甲组")
    for i, text in enumerate(rows):
        sheet.text((14, 34 + 10 * i), text, 4.2)
    sheet.line((12, 82), (93, 82))
    sheet.text((14, 92), "收款单位：", 4.2)
    sheet.stamp(company_seal(PRINTING, "业务专用章").pressed(turn=-10, seed=24), (60, 112))
    return sheet


def no_seal(font: Path) -> Sheet:
    """Draw a letter without any seal."""
    sheet = Sheet(210, 297, font, dpi=100)
    heading, *lines = LETTER
    sheet.text((105, 36), heading, 8, anchor="mm", bold=True)
    for i, text in enumerate(lines):
        sheet.text((24, 60 + 11 * i), text, 4.4)
    sheet.text((186, 206), "示例文档编写组", 4.4, anchor="rm")
    return sheet


def seal_crop(font: Path) -> Sheet:
    """Draw one seal that fills its picture."""
    sheet = Sheet(46, 46, font, dpi=300)
    sheet.stamp(company_seal(TRADE, "合同专用章").pressed(turn=-4, seed=31), (23, 23))
    return sheet
