"""The words of which names are made: places, public bodies, trades. No list of names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

#: How most names end, the longest first.
LEGAL_FORMS = (
    "股份有限责任公司", "有限责任公司", "股份有限公司", "集团有限公司", "有限公司分公司",
    "有限公司", "分公司", "合伙企业", "事务所", "合作社", "经营部", "公司",
)  # fmt: skip
ENDINGS = (
    *LEGAL_FORMS, "集团", "商行", "商店", "银行", "支行", "分行", "营业部", "营业厅", "中心",
    "委员会", "人民政府", "办公室", "法院", "医院", "学院", "大学", "中学", "小学", "学校",
    "幼儿园", "研究院", "研究所", "派出所", "协会", "学会", "商会", "基金会", "联合会", "工会",
    "办事处", "项目部", "代表处", "村民委员会", "厂", "店", "局", "馆", "站", "社", "院", "所",
    "处", "厅", "部", "队", "场", "行",
    "LTD", "LTD.", "LIMITED", "INC", "INC.", "LLC", "GMBH", "CORPORATION", "CORP.", "COMPANY",
)  # fmt: skip

#: How places end that are named in full.
DIVISIONS = ("省", "市", "区", "县", "盟", "旗")

#: Legal forms in Latin letters.
LATIN_FORMS = ("GROUPCO.,LTD.", "GROUPCO.,LTD", "CO.,LTD.", "CO.,LTD", "LIMITED")


@dataclass(frozen=True)
class NameWords:
    """Words that names begin and end with, the longest first.

    Attributes:
        places: Provinces, cities with and without 市.
        bodies: What public bodies are called.
        trades: What stands before a legal form.
    """

    places: tuple[str, ...]
    bodies: tuple[str, ...]
    trades: tuple[str, ...]
    cities: tuple[str, ...]

    def place_of(self, name: str) -> str:
        """Return the place that a name begins with, or nothing."""
        return next((place for place in self.places if name.startswith(place)), "")

    def body_of(self, name: str) -> str:
        """Return the public body that a name ends with, or nothing."""
        return next((body for body in self.bodies if name.endswith(body)), "")

    def trade_of(self, stem: str) -> str:
        """Return the trade that a name without its legal form ends with, or nothing."""
        return next((trade for trade in self.trades if stem.endswith(trade)), "")


@lru_cache(maxsize=1)
def name_words() -> NameWords:
    """Return the words of `name_words.yaml`."""
    text = resources.files("sealq_worker.careful").joinpath("name_words.yaml").read_text("utf-8")
    words = {kind: line.split() for kind, line in yaml.safe_load(text).items()}
    cities = {*words["cities"], *(f"{city}市" for city in words["cities"])}
    return NameWords(
        places=_longest({*words["provinces"], *words["short_provinces"], *cities}),
        cities=_longest(cities),
        bodies=_longest(words["bodies"]),
        trades=_longest({*words["trades"], *words["latin_trades"]}),
    )


def distance(a: str, b: str) -> int:
    """Return how many characters must be replaced, added or dropped to make one text of another."""
    row = list(range(len(b) + 1))
    for number, char in enumerate(a, start=1):
        before, row = row, [number]
        for place, other in enumerate(b):
            row.append(min(before[place] + (char != other), before[place + 1] + 1, row[-1] + 1))
    return row[-1]


def _longest(words: Sequence[str] | set[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))
