import StrataModel
import SystemPackage

/// `strata cat-file` beside git's, and libgit2 behind the same options, as processes: reading all there is to read from every form of a set.
///
/// `STRATA_COMMAND` names the command, which should be linked as `make install` does. What is measured is as ``Clock/ofCommands`` says.
enum ObjectCommandsBenchmark {
    static let strata = Program.named(by: "STRATA_COMMAND", else: "strata")

    static func run() throws {
        let sets = try ObjectSets()
        let lists = try ObjectLists(sets)
        print("\n\(lists.all.count) objects in one pack, \(lists.loose.count) loose")

        func compare(
            _ title: String, _ repository: FilePath, _ arguments: [String], _ input: FilePath = "/dev/null",
            units: Int, rounds: Int = 5
        ) throws {
            func way(_ name: String, _ program: Program) -> Way {
                Way(name) { try program.run(["-C", repository.string, "cat-file"] + arguments, input: input) }
            }
            // libgit2 follows relative alternates from the first repository only; and the start of this program, which is its command, would
            // be most of one that asks for one object.
            let programs =
                units == 1 || repository == sets.alternates
                ? [("git", Git.program), ("strata", strata)] : LibGit2.programs(strata: strata)
            try Comparison(rounds: rounds, units: units, clock: .ofCommands, programs.map(way)).print(title)
        }

        let random = try lists.file("100k", ObjectLists.choose(100_000, of: lists.all))
        for (name, set) in [
            ("1 pack", sets.one), ("100 packs", sets.hundred), ("1000 packs", sets.thousand),
            ("four repositories by alternates", sets.alternates),
        ] {
            try compare("--batch-check of 100,000, \(name)", set, ["--batch-check"], random, units: 100_000)
        }
        let loose = try lists.file("loose", ObjectLists.choose(20_000, of: lists.loose))
        try compare("--batch-check of 20,000 loose", sets.loose, ["--batch-check"], loose, units: 20_000)

        let some = try lists.file("20k", ObjectLists.choose(20_000, of: lists.all))
        try compare("--batch of 20,000, 1 pack", sets.one, ["--batch"], some, units: 20_000)
        let commits = try lists.file("commits", ObjectLists.choose(100_000, of: lists.commits))
        try compare("--batch of 100,000 commits, 1 pack", sets.one, ["--batch"], commits, units: 100_000)
        try compare("--batch of 20,000 loose", sets.loose, ["--batch"], loose, units: 20_000)

        for (name, set) in [("1 pack", sets.one), ("1000 packs", sets.thousand)] {
            for order in [[], ["--unordered"]] {
                try compare(
                    "--batch-check of all\(order.isEmpty ? "" : ", unordered"), \(name)", set,
                    ["--batch-all-objects", "--batch-check"] + order, units: lists.all.count, rounds: 3)
            }
        }

        let short = try lists.file("short", ObjectLists.choose(20_000, of: lists.all), digits: 12)
        try compare("--batch-check of 20,000 abbreviations, 1 pack", sets.one, ["--batch-check"], short, units: 20_000)
        let one = ObjectLists.choose(1, of: lists.all)[0].hex
        for (name, set) in [("1 pack", sets.one), ("1000 packs", sets.thousand)] {
            try compare("-t of one, \(name)", set, ["-t", one], units: 1, rounds: 50)
        }
    }
}
