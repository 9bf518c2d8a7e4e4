"""The page's own words; it holds both languages and switches between them."""

from reports.findings.winner import (
    BY_MEDIAN,
    NONE_CONVERGED,
    ONE_DRAW,
    OTHER_COST,
    WITH_ACCURACY,
)
from reports.words import COST_UNITS, COSTS, WORDS, Text

PAGE_WORDS = {
    "language": Text("Language", "语言"),
    "skip": Text("Skip to the table", "跳到表格"),
    "scripts": Text(
        "This page needs JavaScript to show its table and charts; the Markdown file beside it "
        "holds the same table.",
        "本页需要 JavaScript 才能显示表格和图；同一目录下的 Markdown 文件中有同样的表格。",
    ),
    # the board
    "board": Text("The table", "结果表"),
    "board help": Text(
        "Point at a cell to see its numbers. Select up to four cells (click, or use the arrow keys "
        "and Enter) to compare them below.",
        "指向一格可查看其数值；最多可选四格（点击，或用方向键和回车键），在下方比较。",
    ),
    "list": Text("The cells", "各格"),
    "cells shown": Text("result", "结果"),
    "rows by columns": Text("rows: {rows}, columns: {columns}", "行：{rows}，列：{columns}"),
    "rows alone": Text("rows: {rows}", "行：{rows}"),
    "part": Text("Part", "部分"),
    "measure": Text("Show", "显示"),
    "wins": Text("win rate", "胜率"),
    "hidden": Text("Hidden units", "隐层神经元数"),
    "best here": Text("framed: the best by this measure", "方框：按此项最佳"),
    "good": Text("better", "较好"),
    "bad": Text("worse", "较差"),
    "copy table": Text("Copy the table:", "复制此表："),
    "as text": Text("text", "文本"),
    "save picture": Text("Save picture", "保存图片"),
    "hatched": Text("hatched: target not reached", "斜线：未达到目标"),
    "not trained": Text("not trained", "未训练"),
    "dropped": Text("At most four cells: {cell} was deselected.", "最多选四格：已取消 {cell}。"),
    # the cell's numbers
    "numbers": Text("The cell's numbers", "该格的数值"),
    "unit epochs": COST_UNITS["epochs"],
    "median of": Text("median of {n} repeats", "{n} 次重复的中位数"),
    "one draw": Text("a single run", "仅一次训练"),
    "quartiles": Text("middle half", "中间一半"),
    "interval": Text("95 % interval", "95% 区间"),
    "by the law": Text("power-law fit", "幂律拟合"),
    "k of n": Text("{k} of {n}", "{n} 次中 {k} 次"),
    "did converge": Text("reached the target", "达到目标"),
    "exhausted": Text("used all epochs", "用完全部轮数"),
    "won": Text("fewest epochs in", "轮数最少"),
    "won by value": Text("best in", "最佳"),
    "of repeats": Text("{share} of repeats", "{share} 的重复中"),
    "it is best": Text("It has the lowest median.", "它的中位数最低。"),
    "it is alike": Text(
        "Its difference from the best cell may be due to chance.",
        "它与最佳一格的差距可能只是随机性所致。",
    ),
    "it is slower": Text(
        "It is slower than the best cell by more than chance explains.",
        "它慢于最佳一格，差距超出随机性。",
    ),
    "each repeat": Text(
        "Epochs of each repeat; open circles on the right: target not reached.",
        "每次重复的轮数；右侧空心：未达到。",
    ),
    "measured at own": Text(
        "The accuracy is that at the original target, {target}.",
        "准确率按本次运行自己的目标 {target}。",
    ),
    # another target
    "other target": Text("Re-evaluate with a looser target loss", "按更宽松的目标损失重新计算"),
    "own target": Text("{target} (original)", "{target}（原目标）"),
    "recounted": Text(
        "{target}: epochs, updates and win rate are re-evaluated from the saved loss curves.",
        "{target}：轮数、更新次数和胜率已根据保存的损失曲线重新计算。",
    ),
    "recounted from": Text(
        "Re-evaluated from the first {n} of {all} repeats.",
        "根据全部 {all} 次重复中的前 {n} 次计算。",
    ),
    "stricter": Text(
        "A stricter target cannot be evaluated, because training stopped at this one.",
        "无法评估更严格的目标：训练到此目标即停止。",
    ),
    "reset": Text("reset to the original target", "恢复原目标"),
    # the chosen cells
    "chosen cells": Text("Selected cells", "已选的格"),
    "run here": Text("This page's run", "本页的训练"),
    "none trained": Text("Nothing has been trained yet.", "尚未训练。"),
    "none chosen": Text("No cell is selected. Select cells above.", "未选格：请在上方选择。"),
    "remove": Text("deselect", "取消"),
    "curves": Text("Loss curves", "损失曲线"),
    "metric curves": Text("Curves of {metric}", "{metric}的曲线"),
    "logarithmic": Text("logarithmic", "对数坐标"),
    "median curves": Text(
        "Medians of {n} repeats; the bands show the middle half. A curve ends where its median "
        "reaches the target.",
        "{n} 次重复的中位数；色带为中间一半。中位数达到目标时曲线结束。",
    ),
    "single curves": Text(
        "The {metric} at each evaluation, until training stopped.",
        "各次评估时的{metric}，直到训练停止。",
    ),
    "curves of": Text(
        "Curves are saved for the first {n} of {all} repeats.",
        "保存了全部 {all} 次重复中前 {n} 次的曲线。",
    ),
    "target line": Text("target {target}", "目标 {target}"),
    "no curve": Text("{cell}: no curve was saved.", "{cell}：没有保存曲线。"),
    "curve spoken": Text(
        "{cell}: {metric} {first} at epoch {from}, {last} at epoch {to}",
        "{cell}：第 {from} 轮{metric} {first}，第 {to} 轮 {last}",
    ),
    # playback
    "playback": Text("Playback: how the fit develops", "回放：拟合的形成过程"),
    "playback help": Text(
        "Press play or move the slider to see the networks bend, stay on a plateau, and then fit "
        "the data.",
        "播放或拖动滑块：网络的曲线逐渐弯曲，在平台期停留，然后贴合数据。",
    ),
    "play": Text("Play", "播放"),
    "pause": Text("Pause", "暂停"),
    "back": Text("One step back", "后退一步"),
    "forward": Text("One step forward", "前进一步"),
    "at epoch": Text("epoch {epoch}", "第 {epoch} 轮"),
    "which repeat": Text("Repeat", "重复"),
    "paths of": Text(
        "Parameters are saved for the first {n} of {all} repeats.",
        "保存了全部 {all} 次重复中前 {n} 次的参数。",
    ),
    "the fit": Text("The networks over the data", "网络与数据"),
    "its loss": Text("Their validation loss", "它们的验证损失"),
    "loss now": Text("loss {loss}", "损失 {loss}"),
    "ended converged": Text("reached the target at epoch {epoch}", "第 {epoch} 轮达到目标"),
    "ended exhausted": Text("target not reached in {epoch} epochs", "{epoch} 轮内未达到目标"),
    "ended diverged": Text("diverged at epoch {epoch}", "第 {epoch} 轮发散"),
    "ended failed": WORDS["failed"],
    "ended pruned": Text("pruned at epoch {epoch}", "第 {epoch} 轮被提前终止"),
    "some points": Text(
        "{n} of {all} training points are shown.", "显示了 {all} 个训练样本中的 {n} 个。"
    ),
    # inside
    "inside": Text("Inside the network", "网络内部"),
    "inside help": Text(
        "Each hidden unit computes a straight line z, the activation bends it into a, and the "
        "weighted sum of these curves is the output.",
        "每个隐层神经元给出一条直线 z，激活函数把它变成曲线 a，各曲线的加权和即为输出。",
    ),
    "which cell": Text("Cell", "格"),
    "lines": Text("1 · Straight lines: z = w₁x + b₁", "1 · 直线：z = w₁x + b₁"),
    "bent": Text("2 · Bent: a = {activation}(z)", "2 · 弯曲：a = {activation}(z)"),
    "sum": Text("3 · Weighted and added: Σ w₂a + b₂", "3 · 加权求和：Σ w₂a + b₂"),
    "unit": Text("unit {n}", "神经元 {n}"),
    "output": Text("output", "输出"),
    "inside spoken": Text(
        "{cell} at epoch {epoch}: {n} hidden units, output from {low} to {high}",
        "{cell}，第 {epoch} 轮：{n} 个隐层神经元，输出从 {low} 到 {high}",
    ),
    # the lab
    "lab title": Text("A network to train in this page", "在本页训练神经网络"),
    "lab": Text("Train here", "在本页训练"),
    "lab help": Text(
        "This page trains the network itself, with the same initial weights, sample orders and "
        "stop rule as the command sweep, so the epochs are those of the table. With ReLU, rounding "
        "decides at the kink, and losses may differ a little.",
        "本页自行训练网络，初始权重、样本顺序和停止规则均与命令 sweep 相同，"
        "因此轮数与结果表一致。使用 ReLU 时，舍入误差会影响折点处的结果，损失可能略有差别。",
    ),
    "large data": Text(
        "The data have {n} samples, so the page does not train; it does with up to {most}.",
        "数据有 {n} 个样本，超过 {most} 个，因此本页不能训练。",
    ),
    "filled from": Text("These are the settings of {cell}.", "这是“{cell}”的设置。"),
    "fill from": Text("Use the settings of {cell}", "采用“{cell}”的设置"),
    "train": Text("Train", "训练"),
    "stop": Text("Stop", "停止"),
    "pace": Text("Pace", "速度"),
    "slow": Text("slow", "慢"),
    "medium": Text("medium", "中"),
    "at once": Text("at once", "立即完成"),
    "copy command": Text("Copy as command", "复制为命令"),
    "copy link": Text("Copy link", "复制链接"),
    "copied": Text("Copied:", "已复制："),
    "not copied": Text("The browser allows no copying here; copy it by hand:", "请手动复制："),
    "lab run": Text("batch {size} at η {rate}", "批大小 {size}，η {rate}"),
    "trained here": Text(" (trained here)", "（本页训练）"),
    "lab fit": Text("The network over the data", "网络与数据"),
    "lab loss": Text("Its validation loss", "验证损失"),
    "lab units": Text("Its hidden units: a", "隐层神经元的输出 a"),
    "comma": Text(", ", "，"),
    "colon": Text(": ", "："),
    "full stop": Text(".", "。"),
    "full": Text("full", "全批量"),
    "one of": Text("{name}: one of {list}.", "{name}：只能是 {list} 之一。"),
    "above 0": Text("{name}: a number above 0.", "{name}：必须是大于 0 的数。"),
    "from to": Text(
        "{name}: a whole number from {least} to {most}.", "{name}：{least} 到 {most} 的整数。"
    ),
    "from to or full": Text(
        "{name}: a whole number from {least} to {most}, or full.",
        "{name}：{least} 到 {most} 的整数，或 full（全批量）。",
    ),
    "as in the table": Text(", as in the table.", "，与结果表一致。"),
    "as in its repeat": Text(
        ", as in repeat {repeat} of the table's cell.", "，与结果表该格的重复 {repeat} 一致。"
    ),
    "not as in the table": Text("; in the table: {ended}.", "；结果表中：{ended}。"),
    "changed here": Text(
        "; in the table, {cell}: {ended} (changed here: {list}).",
        "；结果表中“{cell}”：{ended}（此处改动：{list}）。",
    ),
    "sweep title": Text("Sweep settings", "扫描设置"),
    "sweep help": Text(
        "Train with each value of a setting, or of two; the other settings are those above. "
        "Select a cell of the result to use its settings above.",
        "对一项或两项设置的每个取值各训练一次，其余设置同上。点击结果中的一格，"
        "可将其设置用于上方。",
    ),
    "first setting": Text("Across", "横向"),
    "second setting": Text("Down", "纵向"),
    "no second": Text("nothing", "无"),
    "values": Text("Values", "取值"),
    "repeats here": Text("Repeats", "重复次数"),
    "compare times": Text("compare times (three runs each)", "比较用时（各训练三次）"),
    "sweep here": Text("Sweep", "扫描"),
    "runs done": Text("{done} of {total} runs", "已完成 {done}/{total} 次训练"),
    "two settings": Text(
        "Across and down must be two different settings.", "横向与纵向必须是两项不同的设置。"
    ),
    "too many runs": Text(
        "That is {n} runs; the page trains up to {most}.", "共 {n} 次训练，本页最多 {most} 次。"
    ),
    "milliseconds": Text("time", "用时"),
    "in brackets": Text("({list})", "（{list}）"),
    "best of one draw": ONE_DRAW,
    "with accuracy": WITH_ACCURACY,
    "other cost": OTHER_COST,
    "by median": BY_MEDIAN,
    "none converged": NONE_CONVERGED,
    "unit updates": COST_UNITS["updates"],
    "best of repeats": Text(
        "The lowest median of {n} repeats, {spent} {cost}, is that of {cell}.",
        "{n} 次重复中，{cell}的{cost}中位数最低，为 {spent} {unit}。",
    ),
    "overlap": Text(
        "The middle halves of {k} other cells begin below the end of its own, so the order may "
        "be due to chance.",
        "另有 {k} 格的中间一半与它重叠，因此次序可能只是随机性所致。",
    ),
    "several best": Text(
        "Several cells needed the fewest epochs, {spent}: {list}{more}.",
        "轮数最少的有多格，均为 {spent} 轮：{list}{more}。",
    ),
    "several lowest": Text(
        "Several cells have the lowest median, {spent} epochs: {list}{more}.",
        "轮数中位数最低的有多格，均为 {spent} 轮：{list}{more}。",
    ),
    "never here": Text("Never reached the target: {list}{more}.", "从未达到目标：{list}{more}。"),
    "and more": Text(" and {n} more", "等另外 {n} 格"),
    "fastest": Text(
        "Of the cells that reached the target, {cell} took the least time in this browser: "
        "{spent}, the median of {n} runs.",
        "在达到目标的各格中，{cell}在此浏览器中用时最短：{spent}（{n} 次训练的中位数）。",
    ),
    "luck here": Text(
        "Only the draw of initial weights and sample orders differs: the median is {median} "
        "epochs, the middle half {low} – {high}; {reached} of {n} reached the target.",
        "各次只有初始权重和样本顺序不同：轮数的中位数为 {median}，"
        "中间一半为 {low} – {high}；{n} 次中有 {reached} 次达到目标。",
    ),
    # why there is no playback
    "many columns": Text(
        "The network is not a curve over x (inputs: {inputs}, outputs: {outputs}), so there is no "
        "playback, no view of the hidden units, and no training in this page.",
        "网络不是 x 上的一条曲线（输入 {inputs} 个，输出 {outputs} 个），"
        "因此没有回放和内部图，也不能在本页训练。",
    ),
    "classes": Text(
        "The network classifies and is not a curve over x, so there is no playback, no view of the "
        "hidden units, and no training in this page.",
        "网络用于分类，而不是拟合 x 上的曲线，因此没有回放和内部图，也不能在本页训练。",
    ),
    "no paths": Text(
        "This run did not save the parameters at each evaluation, so there is no playback and no "
        "view of the hidden units.",
        "本次运行没有保存各次评估时的参数，因此没有回放和内部图。",
    ),
    "no network": Text(
        "The model is a polynomial, so there is no playback, no view of hidden units, and no "
        "training in this page.",
        "模型是多项式，因此没有回放和内部图，也不能在本页训练。",
    ),
    "own function": Text(
        "The model is that of {name}, whose parameters are not kept, so there is no playback, no "
        "view of hidden units, and no training in this page.",
        "模型由 {name} 训练，未保存其参数，因此没有回放和内部图，也不能在本页训练。",
    ),
    # findings and the rest
    "findings": Text("Findings", "结果与分析"),
    "again": Text("Reproduce", "重现"),
    "choose these": Text("select these cells", "选中这些格"),
    "choose first": Text("select the first four of these {n} cells", "选中这 {n} 格中的前四格"),
    "choose this": Text("select this cell", "选中该格"),
    "links": Text("Reports", "各项报告"),
    "figures and tables": Text("Figures and tables", "图与表"),
    "too large": Text("This figure is in the file {file}.", "此图见文件 {file}。"),
    "about": Text("About this run", "关于本次运行"),
    "made by": Text(
        "A single file made from the data of the run; it works offline.",
        "单个文件，由本次运行的数据生成，无需联网。",
    ),
    **COSTS,
    **{
        name: WORDS[name]
        for name in (
            *("epoch", "accuracy", "diverged", "failed", "pruned"),
            *("training", "true curve", "test points"),
        )
    },
}
