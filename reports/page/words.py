"""The words that only the page needs; it holds both languages and switches between them."""

from reports.words import COST_UNITS, COSTS, WORDS, Text

PAGE_WORDS = {
    "language": Text("Language", "语言"),
    "skip": Text("Skip to the table", "跳到表格"),
    "scripts": Text(
        "This page needs JavaScript to show its table and charts; report.md beside it holds the "
        "same table.",
        "本页需要 JavaScript 才能显示表格和图；同一目录下的 report.md 中有同样的表格。",
    ),
    # the board
    "board": Text("The table", "结果表"),
    "board help": Text(
        "Point at a cell to see its numbers; choose up to four (click, or arrow keys and Enter) to "
        "compare them below.",
        "指向一格可查看其数值；最多可选四格（点击，或用方向键和回车键），在下方比较。",
    ),
    "size by rate": Text("rows: batch size, columns: learning rate η", "行：批大小，列：学习率 η"),
    "measure": Text("Show", "显示"),
    "wins": Text("win rate", "胜率"),
    "hidden": Text("Hidden units", "隐层神经元数"),
    "best here": Text("framed: the best by this measure", "方框：按此项最佳"),
    "good": Text("better", "较好"),
    "bad": Text("worse", "较差"),
    "hatched": Text("hatched: target not reached", "斜线：未达到目标"),
    "whose seconds": Text(
        "seconds: a training's share of its pack's time on the machine that ran it",
        "秒数：各次训练在所用机器上分摊到的时间",
    ),
    "chosen": Text("chosen as {letter}", "已选为 {letter}"),
    "not trained": Text("not trained", "未训练"),
    "dropped": Text("Four at most: {cell} was let go.", "最多四格：已取消 {cell}。"),
    "cell": Text("batch {size} at η {rate}", "批 {size} / η {rate}"),
    "cell long": Text("batch size {size}, learning rate {rate}", "批大小 {size}，学习率 {rate}"),
    # the cell's numbers
    "numbers": Text("The cell's numbers", "该格的数值"),
    "unit epochs": COST_UNITS["epochs"],
    "median of": Text("median of {n} repeats", "{n} 次重复的中位数"),
    "one draw": Text("one training, one draw", "一次训练，一次抽样"),
    "quartiles": Text("middle half", "中间一半"),
    "interval": Text("95 % interval", "95% 区间"),
    "by the law": Text("by the law", "按规律"),
    "k of n": Text("{k} of {n}", "{n} 次中 {k} 次"),
    "did converge": Text("reached the target", "达到目标"),
    "exhausted": Text("used all epochs", "用完全部轮数"),
    "won": Text("fewest epochs in", "轮数最少"),
    "of repeats": Text("{share} of repeats", "{share} 的重复中"),
    "it is best": Text("It has the lowest median.", "它的中位数最低。"),
    "it is alike": Text(
        "Its lag behind the best cell may be luck.", "它与最佳一格的差距可能只是运气。"
    ),
    "it is slower": Text(
        "It is slower than the best cell, beyond luck.", "它慢于最佳一格，并非只是运气。"
    ),
    "each repeat": Text(
        "Epochs of each repeat; open marks on the right: not reached.",
        "每次重复的轮数；右侧空心：未达到。",
    ),
    "measured at own": Text(
        "Accuracy and seconds are those of the run's own target, {target}.",
        "准确率和秒数按本次运行自己的目标 {target}。",
    ),
    # another target
    "other target": Text("Recount for a looser target loss", "按更宽松的目标损失重新统计"),
    "own target": Text("{target}, the run's own", "{target}（本次运行的目标）"),
    "recounted": Text(
        "{target}: epochs, updates and win rate are recounted from the kept loss curves.",
        "{target}：轮数、更新次数和胜率已根据保存的损失曲线重新统计。",
    ),
    "recounted from": Text(
        "Recounted from the first {n} of {all} repeats.", "根据全部 {all} 次重复中的前 {n} 次统计。"
    ),
    "stricter": Text(
        "A stricter target can't be answered: the trainings stopped at this one.",
        "无法回答更严格的目标：训练到此目标即停止。",
    ),
    "reset": Text("back to the run's own", "恢复原目标"),
    # the chosen cells
    "chosen cells": Text("Chosen cells", "已选的格"),
    "none chosen": Text("No cell is chosen: choose some in the table.", "未选格：请在表中选择。"),
    "remove": Text("let {cell} go", "取消 {cell}"),
    "curves": Text("Loss curves", "损失曲线"),
    "logarithmic": Text("logarithmic", "对数坐标"),
    "median curves": Text(
        "Medians of {n} repeats; the bands hold their middle half. A curve ends where its median "
        "reaches the target.",
        "{n} 次重复的中位数；色带为中间一半。中位数达到目标时曲线结束。",
    ),
    "single curves": Text(
        "The loss on the validation set, up to where training stopped.",
        "验证集上的损失，直到训练停止。",
    ),
    "curves of": Text(
        "Curves are kept of the first {n} of {all} repeats.",
        "保存了全部 {all} 次重复中前 {n} 次的曲线。",
    ),
    "target line": Text("target {target}", "目标 {target}"),
    "no curve": Text("{cell}: no curve was kept.", "{cell}：没有保存曲线。"),
    "curve spoken": Text(
        "{cell}: loss {first} at epoch {from}, {last} at epoch {to}",
        "{cell}：第 {from} 轮损失 {first}，第 {to} 轮 {last}",
    ),
    # playback
    "playback": Text("Playback: how the fit came about", "回放：拟合是怎样形成的"),
    "playback help": Text(
        "Play, or move the slider: the networks bend their lines, wait on a plateau, and snap "
        "into place.",
        "播放或拖动滑块：看网络如何把直线弯曲，在平台期停留，然后突然贴合数据。",
    ),
    "play": Text("Play", "播放"),
    "pause": Text("Pause", "暂停"),
    "back": Text("One step back", "后退一步"),
    "forward": Text("One step forward", "前进一步"),
    "at epoch": Text("epoch {epoch}", "第 {epoch} 轮"),
    "which repeat": Text("Repeat", "重复"),
    "paths of": Text(
        "The parameters are kept of the first {n} of {all} repeats.",
        "保存了全部 {all} 次重复中前 {n} 次的参数。",
    ),
    "the fit": Text("The networks over the data", "网络与数据"),
    "its loss": Text("Their validation loss", "它们的验证损失"),
    "loss now": Text("loss {loss}", "损失 {loss}"),
    "ended converged": Text("reached the target at epoch {epoch}", "第 {epoch} 轮达到目标"),
    "ended exhausted": Text("target not reached in {epoch} epochs", "{epoch} 轮内未达到目标"),
    "ended diverged": Text("diverged at epoch {epoch}", "第 {epoch} 轮发散"),
    "ended pruned": Text("was stopped at epoch {epoch}", "第 {epoch} 轮被提前终止"),
    "some points": Text(
        "{n} of {all} training points are shown.", "显示了 {all} 个训练样本中的 {n} 个。"
    ),
    # inside
    "inside": Text("Inside the network", "网络内部"),
    "inside help": Text(
        "Each hidden unit draws a straight line z, the activation bends it to a, and the curves, "
        "each times its weight, add up to the output.",
        "每个隐层神经元画一条直线 z，激活函数把它弯成 a，各曲线乘以权重后相加即为输出。",
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
    # why there is no playback
    "many columns": Text(
        "The data have {inputs} inputs and {outputs} outputs, so a network is no single curve that "
        "could be drawn over x: there is no playback and no look inside.",
        "数据有 {inputs} 个输入和 {outputs} 个输出，网络不是 x 上的一条曲线，"
        "因此没有回放和内部图。",
    ),
    "classes": Text(
        "The network tells classes apart instead of drawing a curve over x, so there is no "
        "playback and no look inside.",
        "网络用于分类，而不是拟合 x 上的曲线，因此没有回放和内部图。",
    ),
    "no paths": Text(
        "The parameters at the evaluations were not kept in this run, so there is no playback and "
        "no look inside.",
        "本次运行没有保存各次评估时的参数，因此没有回放和内部图。",
    ),
    # findings and the rest
    "choose these": Text("choose these cells", "选中这些格"),
    "choose first": Text("choose the first four of these {n} cells", "选中这 {n} 格中的前四格"),
    "choose this": Text("choose this cell", "选中该格"),
    "about": Text("About this run", "关于本次运行"),
    "made by": Text(
        "One file, made from the run's own store; it needs no network.",
        "单个文件，由本次运行的数据生成，无需联网。",
    ),
    **COSTS,
    **{
        name: WORDS[name]
        for name in (
            *("findings", "settings", "data", "again", "failures", "epoch"),
            *("accuracy", "batch_size", "learning_rate", "diverged"),
            *("failed", "pruned", "validation_loss", "training", "true curve", "test points"),
        )
    },
}
