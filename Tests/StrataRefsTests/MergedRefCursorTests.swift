import StrataModel
import StrataRefs
import TestSupport
import Testing

@Suite struct MergedRefCursorTests {
    typealias Entry = (name: [UInt8], child: UInt8)

    /// A run in which each reference's value tells which child it comes from.
    static func run(_ names: [[UInt8]], child: Int) -> RefRun {
        var builder = RefRunBuilder()
        for name in names { builder.append(name: name, value: .symbolic([UInt8(child)])) }
        return builder.finished()
    }

    static func drain(_ cursor: inout any RefCursor, limit: Int = .max) throws -> [String] {
        var all: [String] = []
        while all.count < limit, let view = try cursor.next() {
            all.append("\(view.refName) from \(view.value.target?.first ?? 255)")
        }
        return all
    }

    static func name(_ random: inout SplitMix64) -> [UInt8] {
        Array("refs/".utf8)
            + (0..<Int.random(in: 1...3, using: &random)).map { _ in
                [UInt8(ascii: "a"), UInt8(ascii: "b"), 0xff, UInt8(ascii: "/")].randomElement(using: &random) ?? 0
            }
    }

    /// The merge by its definition: every name once, from the foremost child that has and accepts it.
    static func model(_ children: [[[UInt8]]], _ filters: [UInt8?], _ scope: RefScope) -> [String] {
        var best: [[UInt8]: Int] = [:]
        for (child, names) in children.enumerated().reversed() {
            for name in names where scope.contains(name.span) && name.last != filters[child] { best[name] = child }
        }
        return best.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
            "\(String(decoding: $0.key, as: UTF8.self)) from \($0.value)"
        }
    }

    @Test(arguments: 1...8)
    func mergesAsTheDefinitionSays(_ count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        for _ in 0..<30 {
            let children = (0..<count).map { _ in
                Set((0..<Int.random(in: 0..<12, using: &random)).map { _ in Self.name(&random) })
                    .sorted { $0.lexicographicallyPrecedes($1) }
            }
            let filters = (0..<count).map { _ in Bool.random(using: &random) ? UInt8(ascii: "a") : nil }
            var merged: [MergedRefCursor.Child] = []
            for (index, names) in children.enumerated() {
                let cursor = RefRunCursor(Self.run(names, child: index), over: .all)
                if let byte = filters[index] {
                    merged.append(MergedRefCursor.Child(cursor, accepts: { $0.refName.bytes.last != byte }))
                } else {
                    merged.append(MergedRefCursor.Child(cursor))
                }
            }
            var cursor: any RefCursor = try MergedRefCursor(merged)
            #expect(try Self.drain(&cursor) == Self.model(children, filters, .all))
            #expect(try cursor.next() == nil)
            for _ in 0..<4 {
                var scope = RefScope(prefix: Array("refs/".utf8), from: Self.name(&random))
                if Bool.random(using: &random) { scope.exclude([Self.name(&random)]) }
                try cursor.seek(scope)
                // Sought again in the middle, too.
                _ = try Self.drain(&cursor, limit: Int.random(in: 0..<4, using: &random))
                try cursor.seek(scope)
                #expect(try Self.drain(&cursor) == Self.model(children, filters, scope))
            }
        }
    }

    @Test func aChildMayContributeNothingToAScope() throws {
        let (a, b) = ([Array("refs/a".utf8)], [Array("refs/b".utf8)])
        var cursor: any RefCursor = try MergedRefCursor([
            MergedRefCursor.Child(RefRunCursor(Self.run(a, child: 0), over: .all), scope: { _ in nil }),
            MergedRefCursor.Child(RefRunCursor(Self.run(b, child: 1), over: .all)),
        ])
        #expect(try Self.drain(&cursor) == ["refs/a from 0", "refs/b from 1"])
        try cursor.seek(.all)
        #expect(try Self.drain(&cursor) == ["refs/b from 1"])
        var none: any RefCursor = try MergedRefCursor([])
        #expect(try none.next() == nil)
        #expect(throws: RefError.self) {
            try MergedRefCursor((0..<65).map { .init(RefRunCursor(Self.run(a, child: $0), over: .all)) })
        }
    }

    /// A child that fails when it is sought or read.
    struct Failing: RefCursor {
        var failsToSeek: Bool
        mutating func next() throws(RefError) -> RefView? { throw RefError(.unavailable, "no") }
        mutating func seek(_ scope: RefScope) throws(RefError) {
            if failsToSeek { throw RefError(.unavailable, "no") }
        }
    }

    @Test func failuresAreNotTakenForAnEnd() throws {
        let front = MergedRefCursor.Child(RefRunCursor(Self.run([Array("refs/a".utf8)], child: 0), over: .all))
        var cursor: any RefCursor = try MergedRefCursor([front, .init(Failing(failsToSeek: false))])
        #expect(throws: RefError.self) { try cursor.next() }
        #expect(throws: RefError.self) { try cursor.next() }
        cursor = try MergedRefCursor([front, .init(Failing(failsToSeek: true))])
        #expect(throws: RefError.self) { try cursor.seek(.all) }
        // Half sought, it yields nothing rather than a part.
        #expect(try cursor.next() == nil)
    }
}
