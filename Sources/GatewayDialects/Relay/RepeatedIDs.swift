// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Makes the ids of a relayed answer unique in its conversation, for upstreams that may give an id twice (tools-15).
///
/// The id of a tool call or item changes if it stands in the request, or elsewhere in this answer; that of an answer if there are earlier ones and it does not look
/// as if it were drawn at random. Vendors' ids are neither, so their bytes stay. A client sends the new id back with the call and with its result, and the upstream,
/// which keeps nothing, takes it as its own.
struct RepeatedIDs: AnswerEditor {
    private let ids: AnswerIDs
    private let request: ByteBuffer
    /// What makes an id one of this answer.
    private let suffix: String
    private let changesAnswer: Bool
    private var answer: Renewal?
    private var places: [Place: Renewal] = [:]
    private var given: Set<Given> = []
    /// What became of the ids that changed, of calls and items.
    private var renewed: [String: String] = [:]
    private var renewedKinds: Set<AnswerIDs.Found.Kind> = []
    /// How many bytes of the request may still be searched, each search counted: an answer may have any number of calls.
    private var searchable = 64 << 20

    private struct Renewal {
        var original: String
        /// nil where the id stays.
        var renewed: String?
    }

    private struct Place: Hashable {
        var kind: AnswerIDs.Found.Kind
        var candidate: Int
        var place: Int?
        /// What tells those without a place apart.
        var original: String
    }

    private struct Given: Hashable {
        var kind: AnswerIDs.Found.Kind
        var candidate: Int
        var id: String
    }

    /// Ids of the answer to a request; `changesAnswer` is whether the answer's own may change.
    init(_ ids: AnswerIDs, request: ByteBuffer, _ identity: AnswerIdentity, changesAnswer: Bool) {
        self.ids = ids
        self.request = request
        suffix = identity.idSuffix
        self.changesAnswer = changesAnswer
    }

    func concerns(_ events: ByteBuffer) -> Bool {
        if answer == nil || !renewedKinds.isDisjoint(with: ids.repeated) { return true }
        return ids.marks.contains { events.contains($0) }
    }

    mutating func edits(of data: ByteBuffer, isEvent: Bool) -> [JSONSplice.Edit] {
        let found = data.withUnsafeReadableBytes { bytes in
            ids.find(bytes, isEvent).map { ($0, String(decoding: bytes[$0.range], as: UTF8.self)) }
        }
        var edits: [JSONSplice.Edit] = []
        for (id, original) in found where !original.isEmpty {
            guard let text = renewal(of: original, id) else { continue }
            renewedKinds.insert(id.kind)
            let start = data.readerIndex + id.range.lowerBound
            edits.append(JSONSplice.Edit(start..<start + id.range.count, with: ByteBuffer(string: text)))
        }
        return edits
    }

    /// What comes in place of an id; nil where it stays.
    private mutating func renewal(of original: String, _ id: AnswerIDs.Found) -> String? {
        switch id.kind {
        case .answer:
            if let answer, answer.original == original { return answer.renewed }
            let stays = !changesAnswer || AnswerIdentity.isRandom(original.utf8)
            let text = stays ? nil : "\(Self.start(of: original, 40))-\(suffix)"
            answer = Renewal(original: original, renewed: text)
            return text
        case .reference:
            return renewed[original]
        case .call, .item:
            let place = Place(
                kind: id.kind,
                candidate: id.candidate,
                place: id.place,
                original: id.place == nil ? original : ""
            )
            if let known = places[place], known.original == original, !id.begins { return known.renewed }
            let text = take(original, id) && !isInRequest(original) ? nil : unused(original, id)
            places[place] = Renewal(original: original, renewed: text)
            renewed[original] = text
            return text
        }
    }

    /// Whether the request has an id, as far as it can be searched: behind that bound every id counts as known.
    private mutating func isInRequest(_ text: String) -> Bool {
        guard searchable > 0 else { return true }
        searchable -= request.readableBytes
        return request.contains(quoted: text)
    }

    /// Whether nothing else of its candidate has this id yet.
    private mutating func take(_ text: String, _ id: AnswerIDs.Found) -> Bool {
        given.insert(Given(kind: id.kind, candidate: id.candidate, id: text)).inserted
    }

    /// An id of at most 40 characters, the most that OpenAI takes, that begins as the upstream's.
    private mutating func unused(_ original: String, _ id: AnswerIDs.Found) -> String {
        let start = "\(Self.start(of: original, 18))_\(suffix)"
        if take(start, id) { return start }
        // Behind all that were given, so that many of one id need no long search for the next.
        var number = given.count
        while !take("\(start)_\(number)", id) { number += 1 }
        return "\(start)_\(number)"
    }

    /// The beginning of an id as the answer spells it; nothing that an escape would be cut in.
    private static func start(of original: String, _ count: Int) -> String {
        original.utf8.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\\") } ? String(original.prefix(count)) : "id"
    }
}

extension AnswerIdentity {
    /// What makes an id one of this answer: letters and digits of the request's.
    var idSuffix: String { String(requestID.filter { $0 != "-" }.prefix(16)) }

    /// Whether an id looks as if it were drawn at random: twelve letters and digits in a row, at least one of them a digit.
    static func isRandom(_ id: String.UTF8View) -> Bool {
        id.split { !($0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26) }.contains { run in
            run.count >= 12 && run.contains { $0 &- 0x30 < 10 } && Set(run).count > 4
        }
    }
}
