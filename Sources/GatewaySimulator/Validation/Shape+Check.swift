// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

extension Shape {
    /// Compares a value with the shape.
    func check(_ value: JSONValue) throws(Violation) {
        switch self {
        case .anything: return
        case .nullable(let shape):
            if !value.isNull { try shape.check(value) }
        case .either(let shapes):
            for shape in shapes where shape.kinds?.contains(value.kind) ?? true { return try shape.check(value) }
            throw wrongKind(value)
        case .text: guard value.kind == .string else { throw wrongKind(value) }
        case .boolean: guard value.kind == .bool else { throw wrongKind(value) }
        case .boundedText(let range):
            guard let text = value.text else { throw wrongKind(value) }
            let count = text.utf8Count
            if count < range.lowerBound { throw Violation(.tooShort(range.lowerBound, found: count), value) }
            if count > range.upperBound { throw Violation(.tooLong(range.upperBound, found: count), value) }
        case .oneOf(let allowed):
            guard let text = value.text else { throw wrongKind(value) }
            guard allowed.contains(where: { text == $0 }) else {
                throw Violation(.notOneOf(allowed, found: String(text.string.prefix(64))), value)
            }
        case .name(let rule):
            guard let text = value.string else { throw wrongKind(value) }
            guard rule.allows(text) else { throw Violation(.badName(rule), value) }
        case .integer(let range): try checkInteger(value, range)
        case .number(let range): try checkNumber(value, range)
        case .array(let element, let count): try checkArray(value, of: element, count: count)
        case .map(let shape):
            guard let object = value.object else { throw wrongKind(value) }
            for (key, member) in object {
                do throws(Violation) { try shape.check(member) } catch { throw error.inside(.member(key.string)) }
            }
        case .object(let shape):
            guard let object = value.object else { throw wrongKind(value) }
            try shape.check(object)
        case .variants(let shape):
            guard let object = value.object else { throw wrongKind(value) }
            try shape.check(object)
        }
    }

    private func wrongKind(_ value: JSONValue) -> Violation {
        Violation(.wrongKind(expected: kinds ?? [], found: value.kind), value)
    }

    private func checkInteger(_ value: JSONValue, _ range: ClosedRange<Int>) throws(Violation) {
        guard value.kind == .number else { throw wrongKind(value) }
        guard let int = value.int else { throw Violation(.notAnInteger, value) }
        if int < range.lowerBound {
            throw Violation(.below(String(range.lowerBound), found: String(int), isInteger: true), value)
        }
        if int > range.upperBound {
            throw Violation(.above(String(range.upperBound), found: String(int), isInteger: true), value)
        }
    }

    private func checkNumber(_ value: JSONValue, _ range: ClosedRange<Double>) throws(Violation) {
        guard let number = value.number else { throw wrongKind(value) }
        let double = number.double ?? .infinity
        if double < range.lowerBound {
            throw Violation(
                .below(JSONNumber(range.lowerBound).written, found: number.written, isInteger: false),
                value
            )
        }
        if double > range.upperBound {
            throw Violation(
                .above(JSONNumber(range.upperBound).written, found: number.written, isInteger: false),
                value
            )
        }
    }

    private func checkArray(_ value: JSONValue, of element: Shape, count range: ClosedRange<Int>) throws(Violation) {
        guard let array = value.array else { throw wrongKind(value) }
        var count = 0
        for item in array {
            do throws(Violation) { try element.check(item) } catch { throw error.inside(.index(count)) }
            count += 1
        }
        if count < range.lowerBound { throw Violation(.tooShort(range.lowerBound, found: count), value) }
        if count > range.upperBound { throw Violation(.tooLong(range.upperBound, found: count), value) }
    }
}

extension ObjectShape {
    /// Compares an object with the shape: fields in document order first, then those that are missing.
    func check(_ object: JSONObject) throws(Violation) {
        var seen: UInt64 = 0
        for (key, value) in object {
            guard let index = index(of: key) else {
                if isOpen { continue }
                throw Violation(.unknown).inside(.member(String(key.string.prefix(128))))
            }
            seen |= 1 << UInt64(index)
            do throws(Violation) { try members[index].shape.check(value) } catch {
                throw error.inside(.member("\(members[index].name)"))
            }
        }
        for (index, member) in members.enumerated() where member.isRequired && seen & 1 << UInt64(index) == 0 {
            throw Violation(.missing).inside(.member("\(member.name)"))
        }
    }
}

extension VariantShape {
    /// Compares an object with the variant that it says it is.
    func check(_ object: JSONObject) throws(Violation) {
        guard let tag = object[key] else {
            guard let untagged else { throw Violation(.missing).inside(.member("\(key)")) }
            return try untagged.check(object)
        }
        guard let text = tag.text else {
            throw Violation(.wrongKind(expected: [.string], found: tag.kind), tag).inside(.member("\(key)"))
        }
        guard let variant = variants.first(where: { text == $0.tag }) else {
            let found = String(text.string.prefix(64))
            throw Violation(.notOneOf(variants.map(\.tag), found: found), tag).inside(.member("\(key)"))
        }
        do throws(Violation) { try variant.shape.check(object) } catch { throw error.inside(.variant(variant.tag)) }
    }
}
