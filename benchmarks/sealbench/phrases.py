"""Invented prose: what contracts, letters and tables say, without anything that anybody wrote."""

from __future__ import annotations

import numpy as np

from sealbench import names
from sealbench.chance import digits, happens, pick, weighted
from sealbench.fonts import Split

_WHO = "甲方 乙方 双方 供方 需方 出租方 承租方 委托人 受托人 本公司 贵单位 任何一方 承包人 发包人".split()
_WHEN = (
    "自合同生效之日起 在收到发票后 每月月底前 如遇不可抗力 验收合格以后 未经书面同意 在约定的期限内 根据有关规定 "
    "经协商一致 发生争议时 于交货当日 在保修期内 对于逾期的部分 为明确各自责任"
).split()
_DOES = (
    "应当 有权 不得 须按时 可以 负责 承诺 同意 保证 需要及时 应优先 无权单方面"
).split()
_WHAT = (
    "支付剩余货款 提供完整的技术资料 变更交货地点 解除本合同 办理结算手续 派人到现场检查 承担由此产生的费用 通知对方 "
    "妥善保管样品 按照清单核对数量 更换不合格的产品 出具书面说明 保守商业秘密 转让合同权利 完成设备安装和调试 提交月度报表 "
    "组织竣工验收 缴纳相应的税款 赔偿实际损失 配合审计工作 整理全部档案 修订实施方案 安排人员培训 申请延期付款"
).split()
_LABELS = (
    "名称 地址 电话 开户行 账号 法定代表人 委托代理人 联系人 邮政编码 签订日期 项目名称 合同编号 经办人 部门 规格型号 数量 单价 "
    "金额 备注 单位 序号 日期 摘要 税率 税额 合计 品名 到期日 编制 审核 批准"
).split()
_GOODS = (
    "办公桌 打印纸 电缆 水泵 钢管 轴承 阀门 服务器 显示器 咨询费 运输费 设计费 维修费 租赁费 茶叶 面粉 大米 纸箱 螺栓 变压器 "
    "空调 油漆 木板 玻璃 瓷砖 开关 灯具 口罩 手套 试剂 软件服务 广告费 培训费 餐费 住宿费 劳务费"
).split()
_TITLES = {
    "contract": "购销合同 采购合同 租赁合同 技术服务合同 施工合同 劳动合同 委托协议 补充协议 承揽合同 保密协议",
    "letter": "关于开展专项检查的通知 证明 委托书 授权委托书 情况说明 介绍信 关于调整价格的函 承诺书 声明 公告 会议纪要",
    "receipt": "收据 收款收据 付款凭证 报销单 送货单 入库单 借款单 银行回单 出库单 领料单",
    "table": "工资发放表 费用明细表 资产清单 验收报告 对账单 项目进度表 考勤统计表 报价单 检测报告 采购申请表",
    "certificate": "营业执照 资质证书 荣誉证书 结业证书 许可证 检验合格证 登记证书 聘书 产品认证证书 不动产权证",
    "invoice": "增值税普通发票 增值税专用发票 通用机打发票 货物运输业发票 建筑业统一发票 服务业发票",
}


def title(rng: np.random.Generator, kind: str) -> str:
    """Return a heading for a page of a kind."""
    return pick(rng, _TITLES[kind].split())


def sentence(rng: np.random.Generator, split: Split) -> str:
    """Return a sentence of 15 to 60 characters."""
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        when = pick(rng, _WHEN) + "，" if happens(rng, 0.5) else ""
        parts.append(when + pick(rng, _WHO) + pick(rng, _DOES) + pick(rng, _WHAT))
    if happens(rng, 0.15):
        parts.append(f"总价为人民币{names.amount(rng)}元")
    if happens(rng, 0.1):
        parts.append(f"由{names.company(rng, split)}负责")
    return "，".join(parts) + "。"


def paragraph(rng: np.random.Generator, split: Split, sentences: int) -> str:
    """Return so many sentences."""
    return "".join(sentence(rng, split) for _ in range(sentences))


def label(rng: np.random.Generator) -> str:
    """Return what stands at the head of a field."""
    return pick(rng, _LABELS)


def goods(rng: np.random.Generator) -> str:
    """Return what was bought."""
    return pick(rng, _GOODS)


def value(rng: np.random.Generator, split: Split) -> str:
    """Return what stands in a field or a table's cell."""
    kind = weighted(rng, {"amount": 3, "count": 3, "goods": 3, "person": 1, "date": 1, "code": 1})
    if kind == "amount":
        return names.amount(rng)
    if kind == "count":
        return str(int(rng.integers(1, 500)))
    if kind == "goods":
        return goods(rng)
    if kind == "person":
        return names.person(rng, split)
    return names.date(rng) if kind == "date" else digits(rng, 8)
