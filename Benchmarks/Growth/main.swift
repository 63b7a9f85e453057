// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import GatewaySimulator
import NIOCore

// Measures how the cost of every repeated element of every API grows, against every upstream: requests and answers, streaming and not, relayed and translated,
// stored conversations, counts and the simulator. Fails where four times the input costs much more than four times the time.
//
//     swift run -c release growth-check [filter] [count]
//
// A filter is a part of a row as it is printed; the count is how often an element is repeated in the smaller input.

let arguments = Array(CommandLine.arguments.dropFirst())
let filter = arguments.first ?? ""
let meter = GrowthMeter(count: arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000)

func cell(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

func milliseconds(_ seconds: Double) -> String {
    let hundredths = Int((seconds * 100_000).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}

func line(_ row: GrowthRow) -> String {
    let tenths = Int((row.ratio * 10).rounded())
    let cells = [
        cell(row.growthCase.direction, 12), cell(row.growthCase.pair, 40), cell(row.growthCase.element, 44),
        cell(String(row.count), 6), cell(milliseconds(row.small), 9), cell(milliseconds(row.large), 9),
        cell("\(tenths / 10).\(tenths % 10)", 6), cell(row.verdict, 6), row.note,
    ]
    return "| " + cells.joined(separator: " | ") + " |"
}

let head = [
    cell("direction", 12), cell("pair", 40), cell("element", 44), cell("n", 6), cell("ms at n", 9),
    cell("ms at 4n", 9), cell("ratio", 6), cell("", 6), "note",
]
print("| " + head.joined(separator: " | ") + " |")
print("|" + String(repeating: "---|", count: head.count))

var rows: [GrowthRow] = []
for growthCase in GrowthCases.all {
    let label = "\(growthCase.direction) \(growthCase.pair) \(growthCase.element)"
    guard filter.isEmpty || label.contains(filter), let row = meter.measure(growthCase) else { continue }
    print(line(row))
    rows.append(row)
}

let failed = rows.filter(\.hasFailed)
print("\n\(rows.count) rows, of which \(failed.count) grow faster than their input.")
if !failed.isEmpty {
    for row in failed { print(line(row)) }
    fatalExit()
}
