// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension OpenAIChat {
    package var answerIDs: AnswerIDs? {
        AnswerIDs(marks: [#""tool_calls""#], repeated: [.answer]) { data, isEvent in
            var walk = JSONWalk(data)
            guard walk.enterObject() else { return [] }
            var found: [AnswerIDs.Found] = []
            while let key = walk.nextKey() {
                if walk.isKey(key, "id"), let id = walk.text() {
                    found.append(AnswerIDs.Found(.answer, id.range))
                } else if walk.isKey(key, "choices"), walk.enterArray() {
                    var position = 0
                    while walk.nextElement() {
                        Self.readChoice(&walk, position: position, isEvent: isEvent, &found)
                        position += 1
                    }
                } else {
                    walk.value()
                }
            }
            return found
        }
    }

    private static func readChoice(
        _ walk: inout JSONWalk,
        position: Int,
        isEvent: Bool,
        _ found: inout [AnswerIDs.Found]
    ) {
        guard walk.enterObject() else {
            walk.value()
            return
        }
        let first = found.count
        var candidate = isEvent ? 0 : position
        while let key = walk.nextKey() {
            if walk.isKey(key, isEvent ? "delta" : "message"), walk.enterObject() {
                while let key = walk.nextKey() {
                    guard walk.isKey(key, "tool_calls"), walk.enterArray() else {
                        walk.value()
                        continue
                    }
                    var position = 0
                    while walk.nextElement() {
                        readCall(&walk, place: isEvent ? nil : position, &found)
                        position += 1
                    }
                }
            } else if walk.isKey(key, "index"), isEvent {
                candidate = walk.tokenCount() ?? 0
            } else {
                walk.value()
            }
        }
        for index in first..<found.count { found[index].candidate = candidate }
    }

    /// Reads one call; without a place the `index` of the call is it.
    private static func readCall(_ walk: inout JSONWalk, place: Int?, _ found: inout [AnswerIDs.Found]) {
        guard walk.enterObject() else {
            walk.value()
            return
        }
        var id: Range<Int>?
        var index: Int?
        var isNamed = false
        while let key = walk.nextKey() {
            if walk.isKey(key, "id"), let text = walk.text() {
                id = text.range
            } else if walk.isKey(key, "index") {
                index = walk.tokenCount()
            } else if walk.isKey(key, "function") || walk.isKey(key, "custom"), walk.enterObject() {
                while let key = walk.nextKey() {
                    if walk.isKey(key, "name"), let name = walk.text() {
                        isNamed = !name.range.isEmpty
                    } else {
                        walk.value()
                    }
                }
            } else {
                walk.value()
            }
        }
        guard let id else { return }
        var call = AnswerIDs.Found(.call, id)
        call.place = place ?? index
        call.begins = call.place == nil && isNamed
        found.append(call)
    }
}
