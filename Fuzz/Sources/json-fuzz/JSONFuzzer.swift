// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayJSON
import NIOCore

/// Hands over to libFuzzer, which takes the arguments (`-help=1` lists them).
@main
enum JSONFuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments, fuzzOneInput))
    }
}

/// libFuzzer's own loop: SwiftPM wants to name the entry point itself, so that of libFuzzer cannot be used.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ fuzzOneInput: @convention(c) (UnsafeRawPointer?, Int) -> CInt
) -> CInt

/// Checks one input for everything that must hold of any bytes, and of those that are valid JSON.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let input = [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    checkCapture(input)
    checkUnvalidated(input)
    checkSplice(input)
    checkWriter(input)
    let document = embedded(input)
    let value = outcome { () throws(JSONError) in try JSONValue(validating: document) }
    checkScan(document, against: value)
    if case .success(let value) = value {
        check(value)
        checkRoundTrip(value)
        checkFoundation(input, value)
    }
    return 0
}

/// A buffer in whose middle the input is readable, so that reads beyond either end have something wrong to find.
private func embedded(_ input: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer(string: "\"[{\\")
    buffer.writeBytes(input)
    let end = buffer.writerIndex
    buffer.writeString("\"]}\\u0041")
    buffer.moveReaderIndex(to: 4)
    buffer.moveWriterIndex(to: end)
    return buffer
}

private func outcome(_ body: () throws(JSONError) -> JSONValue) -> Result<JSONValue, JSONError> {
    do throws(JSONError) {
        return .success(try body())
    } catch {
        return .failure(error)
    }
}

/// The scan accepts, refuses and finds what the validation does.
private func checkScan(_ document: ByteBuffer, against value: Result<JSONValue, JSONError>) {
    do throws(JSONError) {
        let scan = try JSONScan(document)
        guard case .success(let value) = value, value == scan.value, let object = value.object else {
            fatalError("only the scan accepts this")
        }
        let found = outcome { () throws(JSONError) in try scan.unique("a") ?? value }
        let other = outcome { () throws(JSONError) in try object.unique("a") ?? value }
        precondition(found == other, "scan and object find different members")
    } catch {
        switch value {
        case .success(let value):
            precondition(value.kind != .object && error.reason == .wrongType(expected: "an object"), "\(error)")
        case .failure(let other):
            precondition(error == other, "\(error), \(other)")
        }
    }
}

/// Every part of a valid value is itself valid, and reads the same in every way.
private func check(_ value: JSONValue) {
    precondition(outcome { () throws(JSONError) in try JSONValue(validating: value.bytes) } == .success(value))
    switch value.kind {
    case .object:
        guard let object = value.object else { fatalError("no object") }
        for (key, member) in object {
            check(key)
            precondition(value[key.string] != nil, "a member is not found")
            check(member)
        }
    case .array:
        guard let array = value.array else { fatalError("no array") }
        for element in array { check(element) }
    case .string:
        guard let text = value.text else { fatalError("no text") }
        check(text)
    case .number:
        guard let number = value.number else { fatalError("no number") }
        let reference = Double(number.written)
        precondition(number.double == reference.flatMap { $0.isFinite ? $0 : nil }, "another double")
        if let int = number.int { precondition(reference == Double(int), "another integer") }
    case .bool: precondition(value.bool != nil)
    case .null: precondition(value.isNull)
    }
}

private func check(_ text: JSONString) {
    let string = text.string
    let own = JSONString(string)
    precondition(text.utf8Count == string.utf8.count, "another length")
    precondition(text == own && own == text && text == string, "not equal to its meaning")
    precondition(text.hashValue == own.hashValue, "another hash")
    precondition(text.hasPrefix("a\n") == string.utf8.starts(with: "a\n".utf8), "another prefix")
    precondition(text != JSONString(string + "x"), "equal to something longer")
}

/// Written member by member, a value is valid and means the same; so do its texts when they are escaped anew.
private func checkRoundTrip(_ value: JSONValue) {
    let kept = JSONValue { write(value, decoding: false, &$0) }
    let decoded = JSONValue { write(value, decoding: true, &$0) }
    for copy in [kept, decoded] {
        guard case .success = outcome({ () throws(JSONError) in try JSONValue(validating: copy.bytes) }) else {
            fatalError("what is written is not valid")
        }
        precondition(means(value, copy), "what is written means something else")
    }
}

private func write(_ value: JSONValue, decoding: Bool, _ writer: inout JSONWriter) {
    if let object = value.object {
        writer.object { writer in
            for (key, value) in object {
                if decoding { writer.key(key.string) } else { writer.key(key) }
                write(value, decoding: decoding, &writer)
            }
        }
    } else if let array = value.array {
        writer.array { writer in
            for element in array { write(element, decoding: decoding, &writer) }
        }
    } else if decoding, let string = value.string {
        writer.string(string)
    } else {
        writer.value(value)
    }
}

private func means(_ left: JSONValue, _ right: JSONValue) -> Bool {
    guard left.kind == right.kind else { return false }
    if let object = left.object, let other = right.object {
        return object.elementsEqual(other) { $0.key == $1.key && means($0.value, $1.value) }
    }
    if let array = left.array, let other = right.array { return array.elementsEqual(other, by: means) }
    if left.kind == .string { return left.text == right.text }
    return left == right
}

/// What is accepted here, Foundation accepts, numbers beyond its doubles apart.
private func checkFoundation(_ input: [UInt8], _ value: JSONValue) {
    guard hasOnlyDoubles(value), !input.prefix(4).contains(0) else { return }
    precondition(
        (try? JSONSerialization.jsonObject(with: Data(input), options: .fragmentsAllowed)) != nil,
        "Foundation refuses this"
    )
}

private func hasOnlyDoubles(_ value: JSONValue) -> Bool {
    switch value.kind {
    case .number: value.double != nil
    case .array: value.array?.allSatisfy(hasOnlyDoubles) ?? false
    case .object: value.object?.allSatisfy { hasOnlyDoubles($0.value) } ?? false
    default: true
    }
}

/// The capture gives the same however the input is cut, and what the validation finds where the input is valid.
private func checkCapture(_ input: [UInt8]) {
    var whole = JSONMemberCapture("a", maximumBytes: 64)
    whole.consume(embedded(input))
    var bytewise = JSONMemberCapture("a", maximumBytes: 64)
    for byte in input { bytewise.consume(ByteBuffer(bytes: [byte])) }
    var halves = JSONMemberCapture("a", maximumBytes: 64)
    let cut = Int(input.first ?? 0) % (input.count + 1)
    halves.consume(embedded(Array(input[..<cut])))
    halves.consume(embedded(Array(input[cut...])))
    precondition(whole.value == bytewise.value && whole.value == halves.value, "a cut changes what is captured")
    guard case .success(let value) = outcome({ () throws(JSONError) in try JSONValue(validating: embedded(input)) })
    else { return }
    var last: JSONValue?
    for element in value.array.map({ Array($0) }) ?? [value] {
        guard let object = element.object else { continue }
        for (key, member) in object where key == "a" { last = member }
    }
    guard let last, last.range.count < 32 else { return }
    precondition(whole.value == last || whole.value == nil && input.count > 64, "another value is captured")
}

/// Reading what was never validated gives nonsense, not a trap.
private func checkUnvalidated(_ input: [UInt8]) {
    visit(JSONValue { $0.raw(ByteBuffer(bytes: input)) }, depth: 0)
}

private func visit(_ value: JSONValue, depth: Int) {
    guard depth < 40 else { return }
    _ = (value.int, value.double, value.bool, value.number?.written)
    if let text = value.text {
        _ = (text.string, text.utf8Count, text == "a\u{E9}", text.hashValue, text.hasPrefix("ab"))
    }
    _ = value["a"]
    if let object = value.object {
        _ = try? object.unique("a")
        for (key, value) in object {
            _ = key.string
            visit(value, depth: depth + 1)
        }
    }
    if let array = value.array {
        for element in array { visit(element, depth: depth + 1) }
    }
}

/// Edits at any place give the same whole and in pieces.
private func checkSplice(_ input: [UInt8]) {
    let document = embedded(input)
    let bounds = input.prefix(6).map { Int($0) }
    let edits = zip(bounds, bounds.dropFirst()).map { first, second in
        JSONSplice.Edit(min(first, second)..<max(first, second), with: ByteBuffer(repeating: 0x78, count: first % 3))
    }
    let pieces = JSONSplice.pieces(edits, of: document)
    var joined = ByteBuffer()
    for piece in pieces { joined.writeImmutableBuffer(piece) }
    precondition(joined == JSONSplice.apply(edits, to: document), "pieces differ from the whole")
}

/// Any text that is written comes back, whole and in pieces.
private func checkWriter(_ input: [UInt8]) {
    let string = String(decoding: input, as: UTF8.self)
    precondition(JSONValue { $0.string(string) }.string == string, "a string changes when it is written")
    let pieces = JSONValue { writer in
        writer.beginString()
        for byte in string.utf8 { writer.appendString(utf8: ByteBuffer(bytes: [byte])) }
        writer.endString()
    }
    precondition(pieces == JSONValue { $0.string(string) }, "pieces are escaped differently")
    precondition(outcome { () throws(JSONError) in try JSONValue(validating: pieces.bytes) } == .success(pieces))
}
