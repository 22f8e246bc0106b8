"""The report as one page that needs nothing else: to be read on a phone, and to be printed and signed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

_WORDS = {
    "passed": "passed 通过",
    "warning": "warning 注意",
    "failed": "failed 未通过",
    "skipped": "not there 无此部件",
}
_STYLE = """
body{font:15px/1.5 "Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:#111;background:#fff;
max-width:60rem;margin:1.5rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .5rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{border:1px solid #767676;padding:.4rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#f1f1f1}
.verdict{font-weight:bold}
.failed .verdict{color:#a30000}.warning .verdict{color:#7a4b00}.passed .verdict{color:#0a5c0a}
.skipped .verdict{color:#444}
small{color:#444}
.sign{display:flex;gap:2rem;margin-top:2.5rem}.sign div{flex:1;border-top:1px solid #111;padding-top:.3rem}
@media screen and (max-width:40rem){thead{display:none}td,tbody th{display:block;border-bottom:0}
tr td:last-child{border-bottom:1px solid #767676}tr{display:block;margin-bottom:.6rem}}
@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}
"""


def page(report: Mapping[str, Any]) -> str:
    """The whole document. Every text in it is data of the report, and escaped."""
    accepted = "accepted 已验收" if report["accepted"] else "not accepted 未验收"
    title = f"{report['site']}/{report['device']}"
    rows = "".join(_row(check) for check in report["checks"])
    note = f"<p><b>Note 备注</b><br>{escape(report['note'])}</p>" if report["note"] else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>\n"
        f'<h1>Acceptance report <span lang="zh">验收报告</span></h1>\n{_head(report, title, accepted)}{note}'
        '<table><thead><tr><th>Check <span lang="zh">项目</span></th><th>Verdict <span lang="zh">结果</span></th>'
        f'<th>What was found <span lang="zh">说明</span></th></tr></thead><tbody>\n{rows}</tbody></table>\n'
        "<p><small>The device's signature is in the file of the same name that ends in .jws. "
        '<span lang="zh">设备签名见同名的 .jws 文件。</span></small></p>\n'
        f'<div class="sign"><div>Installer <span lang="zh">安装人</span>: {escape(report["installer"])}</div>'
        '<div>Property office <span lang="zh">物业</span></div></div>\n</main></body></html>\n'
    )


def _head(report: Mapping[str, Any], title: str, accepted: str) -> str:
    counts = ", ".join(f"{report[name]} {name}" for name in ("passed", "warnings", "failed", "skipped"))
    clock = "" if report["clock"] == "synced" else " (clock not synchronised 时钟未同步)"
    pairs = {
        "Device 设备": title,
        "Board 主板": report["board"],
        "Version 版本": report["edge"],
        "Time 时间": f"{report['time']}{clock}",
        "Result 结论": f"{accepted}: {counts}",
        "Configuration 配置 (SHA-256)": report["config_sha256"],
    }
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>\n" for name, value in pairs.items())
    return f"<table><tbody>{cells}</tbody></table>\n"


def _row(check: Mapping[str, Any]) -> str:
    remedy = _both(check["remedy"], "→ ") if check["remedy"] else ""
    figures = ", ".join(f"{name} {_figure(value)}" for name, value in check["figures"].items() if value is not None)
    return (
        f'<tr class="{check["verdict"]}"><td>{_both(check["title"])}</td>'
        f'<td class="verdict">{_WORDS[check["verdict"]]}</td>'
        f"<td>{_both(check['said'])}{remedy}<small>{escape(figures)}</small></td></tr>\n"
    )


def _both(text: Mapping[str, str], lead: str = "") -> str:
    """English, and Mandarin below it where it says something else."""
    lines = f"{escape(lead + text['en'])}<br>"
    if text["cmn"] != text["en"]:
        lines += f'<span lang="zh">{escape(lead + text["cmn"])}</span><br>'
    return lines


def _figure(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
