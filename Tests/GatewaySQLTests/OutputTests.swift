// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySQL
import Testing

@Suite("How results look")
struct OutputTests {
    private func output(
        _ columns: [String],
        _ rows: [[QueryValue]],
        _ format: SQLOutputFormat,
        isTerminal: Bool = false
    ) throws -> String {
        var text = ""
        let front = SQLFront(engine: RecordedEngine(columns: columns, rows: rows))
        try front.run("SELECT 1", format: format, isTerminal: isTerminal) { text += $0 }
        return text
    }

    private static let hostile = "a\u{1b}[2Jb\u{9b}1mc\nd\u{202e}e\u{7f}"

    @Test("A table is aligned, with numbers to the right")
    func table() throws {
        #expect(
            try output(
                ["name", "n", "x"],
                [
                    [.text("alpha"), .integer(7), .null], [.text("b"), .integer(1234), .double(0.5)],
                    [.blob([0, 255]), .null, .text("")],
                ],
                .table
            ) == """
                name  | n    | x
                ------+------+-----
                alpha |    7 | NULL
                b     | 1234 |  0.5
                00ff  | NULL | \("")
                (3 rows)

                """
        )
    }

    @Test("An empty result shows its columns")
    func empty() throws {
        #expect(try output(["a"], [], .table) == "a\n-\n(0 rows)\n")
        #expect(try output(["a"], [], .csv) == "a\r\n")
        #expect(try output(["a"], [], .json) == "[]\n")
    }

    @Test("Wide and combining characters keep a table aligned")
    func widths() throws {
        let lines = try output(
            ["a", "b"],
            [[.text("日本"), .text("x")], [.text("e\u{301}e\u{301}"), .text("x")]],
            .table
        )
        .split(separator: "\n")
        #expect(lines.prefix(4) == ["a    | b", "-----+--", "日本 | x", "e\u{301}e\u{301}   | x"])
    }

    @Test("A hostile value cannot drive the terminal")
    func terminal() throws {
        for format in SQLOutputFormat.allCases {
            let text = try output(["v"], [[.text(Self.hostile)]], format, isTerminal: true)
            for scalar in text.unicodeScalars where scalar != "\n" && scalar != "\r" {
                #expect(scalar.properties.generalCategory != .control, "\(format)")
            }
        }
        #expect(try output(["v"], [[.text(Self.hostile)]], .table).contains(#"a\u{1b}[2Jb\u{9b}1mc\nd\u{202e}e\u{7f}"#))
        #expect(try output(["v\u{1b}[2J"], [], .table).hasPrefix(#"v\u{1b}[2J"#))
    }

    @Test("A CSV file holds what the table holds")
    func csv() throws {
        #expect(
            try output(
                ["a", "b,c"],
                [[.text("x\"y"), .null], [.text(""), .integer(-1)], [.text("l1\nl2"), .text("\u{1b}")]],
                .csv
            ) == "a,\"b,c\"\r\n\"x\"\"y\",\r\n\"\",-1\r\n\"l1\nl2\",\u{1b}\r\n"
        )
    }

    @Test(
        "A text that a spreadsheet would calculate is text in CSV",
        arguments: [
            "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "+", "-", "-x", "+0x1p4",
            "-inf", "-nan", "\u{FF1D}1", "\u{FF0B}1", "\u{FF0D}1", "\u{FF20}A1", "=\"a\"",
        ]
    )
    func formulas(text: String) throws {
        for isTerminal in [true, false] {
            let lines = try output([text, "n"], [[.text(text), .integer(-5)]], .csv, isTerminal: isTerminal)
            for line in lines.split(separator: "\r\n", omittingEmptySubsequences: true) {
                #expect(line.hasPrefix("'") || line.hasPrefix("\"'"))
            }
        }
    }

    @Test("Numbers stay numbers in CSV, and harmless texts what they are")
    func numbers() throws {
        let values: [QueryValue] = [
            .integer(-5), .double(-0.5), .text("-5"), .text("+3.25"), .text("-1e9"), .text("a=b"), .text(" x"),
            .text("'"),
        ]
        #expect(
            try output(values.indices.map { "c\($0)" }, [values], .csv).hasSuffix(
                "\r\n-5,-0.5,-5,+3.25,-1e9,a=b, x,'\r\n"
            )
        )
    }

    @Test("JSON means the same and has nothing that a terminal would act on or hide")
    func jsonControls() throws {
        let text = "a\u{202e}b\u{200b}c\u{2028}d\u{e0041}e\u{9b}f\u{1b}g\u{7f}é日"
        let json = try output(["v\u{202e}"], [[.text(text)]], .json)
        for scalar in json.unicodeScalars where scalar != "\n" {
            #expect(![.control, .format, .lineSeparator].contains(scalar.properties.generalCategory))
        }
        #expect(json.contains(#"a\u202eb\u200bc\u2028d\udb40\udc41e\u009bf\u001bg\u007fé日"#))
        #expect(json.contains(#""v\u202e""#))
    }

    @Test("JSON is one array of objects, with distinct names")
    func json() throws {
        #expect(
            try output(
                ["a", "a", "b"],
                [[.integer(1), .null, .text("\"\u{1b}\u{9b}é")], [.double(1.5), .double(.infinity), .blob([1])]],
                .json
            ) == """
                [
                {"a":1,"a_2":null,"b":"\\"\\u001b\\u009bé"},
                {"a":1.5,"a_2":null,"b":"01"}
                ]

                """
        )
    }

    @Test("A long table is written as it comes, and every row is there")
    func long() throws {
        let rows = (0..<2500).map { [QueryValue.integer(Int64($0))] }
        var pieces = 0
        var text = ""
        let front = SQLFront(engine: RecordedEngine(columns: ["n"], rows: rows))
        try front.run("SELECT 1", format: .table, isTerminal: false) {
            pieces += 1
            text += $0
        }
        #expect(pieces > 1500)
        #expect(text.split(separator: "\n").count == 2503)
        #expect(text.hasSuffix("2499\n(2500 rows)\n"))
    }
}
