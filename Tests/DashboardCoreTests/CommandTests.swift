import Foundation
import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Command line, options, export")
struct CommandTests {
  private func driver(_ state: DashboardState = Fixture.paying) -> Driver {
    let driver = Driver(state)
    driver.take(.resize(width: 120, height: 40))
    return driver
  }

  @discardableResult
  private func type(_ text: String, into state: Driver) -> [DashboardEffect] {
    let keys = text.unicodeScalars.map { DashboardKey.character($0) }
    return ([.character(":")] + keys + [.enter]).flatMap { state.take(.key($0)) }
  }

  @Test("Commands do what keys do, and more")
  func commands() {
    let state = driver()
    #expect(type("pause", into: state) == [.send(.pause)])
    #expect(type("lr 0.01 b", into: state) == [.send(.setLearningRate(LaneID(1), 0.01))])
    #expect(type("lr 0.01", into: state) == [.send(.setLearningRate(nil, 0.01))])
    #expect(type("precision amp-fp16 A", into: state) == [.send(.setPrecision(LaneID(0), .ampFP16))])
    #expect(type("schedule concurrent", into: state) == [.send(.setSchedule(.concurrent))])
    #expect(type("stop", into: state) == [.send(.stop)])
    type("goto 120", into: state)
    #expect(state.cursor == 120)
    type("target 0.5", into: state)
    #expect(state.lossTarget == 0.5)
    type("target", into: state)
    #expect(state.lossTarget == nil)
    type("zoom 200", into: state)
    #expect(state.window == .newest(200))
    type("zoom all", into: state)
    #expect(state.window == .all)
    type("x-axis time", into: state)
    type("view split", into: state)
    type("preset curves", into: state)
    #expect(
      state.progressUnit == .time && state.lossView == .split && state.state.shownPanes == [.loss, .lossScale, .log])
    type("pane memory", into: state)
    #expect(state.state.shownPanes.contains(.memory))
    #expect(type("export svg", into: state) == [.export(.svg)])
    #expect(type("export numerics-csv", into: state) == [.export(.numericsCSV)])
    #expect(type("save", into: state) == [.saveSettings])
    #expect(type("mouse off", into: state) == [.setMouse(false)])
    #expect(type("quit", into: state).isEmpty && state.overlay == .quit)
  }

  @Test("Mistakes are named with the nearest name, and change nothing")
  func mistakes() {
    let state = driver()
    for (line, hint) in [
      ("paus", "no command \"paus\"; did you mean pause?"), ("goto far", "goto wants the number of an attempt"),
      ("lr -1", "a learning rate is a number above 0"), ("lr 0.1 z", "there is no lane z"),
      ("precision fp8", "no precision \"fp8\""), ("zoom 0", "zoom wants a length"), ("export gif", "no format \"gif\""),
      ("set smothing 1", "did you mean smoothing?"), ("set smoothing 2", "smoothing is a number"),
      ("set mouse", "mouse is on"), ("theme nope", "no theme \"nope\""), ("pane x", "no pane \"x\""),
      ("schedule never", "no schedule \"never\""), ("set left-share wide", "left-share is a percentage"),
      ("view", "view wants VIEW"), ("target x", "target wants a loss above 0"),
    ] {
      #expect(type(line, into: state).isEmpty, "\(line)")
      #expect(state.hint?.text.contains(hint) == true, "\(line): \(state.hint?.text ?? "")")
    }
    let over = driver(Fixture.complete)
    over.press(.escape)
    for line in ["pause", "lr 1", "precision fp32", "schedule concurrent"] {
      #expect(type(line, into: over).isEmpty && over.hint?.text.contains("the run is over") == true)
    }
  }

  @Test("Tab completes commands and arguments, and goes through what there is")
  func completion() {
    let state = driver()
    #expect(state.state.completions(of: "pr") == ["precision", "preset"])
    #expect(state.state.completions(of: "precision ") == ["fp32", "amp-bf16", "amp-fp16"])
    #expect(state.state.completions(of: "precision fp32 ") == ["A", "B"])
    #expect(state.state.completions(of: "set loss-view s") == ["split"])
    #expect(state.state.completions(of: "goto ").isEmpty && state.state.completions(of: "nonsense ").isEmpty)
    state.press(.character(":"), .character("p"), .character("r"), .tab, .tab, .tab)
    guard case .line(let line) = state.overlay else { return #expect(Bool(false), "the line is gone") }
    #expect(line.text == "precision")
    state.press(.backspace, .control("w"), .character("q"), .character("u"), .tab)
    guard case .line(let done) = state.overlay else { return #expect(Bool(false), "the line is gone") }
    #expect(done.text == "quit ")
    let text = render(state.state, theme: .standard, width: 80, height: 24, glyphs: .unicode).text
    #expect(text.contains(":quit "))
  }

  @Test("Up recalls commands, Esc and an empty Backspace leave the line, pasted line ends are no Enter")
  func editing() {
    let state = driver()
    type("view split", into: state)
    type("view overlay", into: state)
    state.press(.character(":"), .up, .up)
    guard case .line(let line) = state.overlay else { return #expect(Bool(false), "the line is gone") }
    #expect(line.text == "view split")
    state.press(.down, .down, .backspace)
    #expect(state.overlay == nil)
    state.press(.character(":"), .paste("qu\nit"))
    guard case .line(let pasted) = state.overlay else { return #expect(Bool(false), "the line is gone") }
    #expect(pasted.text == "quit")
    state.press(.escape)
    #expect(state.overlay == nil)
    state.press(.character(":"))
    for _ in 0..<500 { state.press(.character("x")) }
    for width in [1, 2, 5, 40] {
      #expect(render(state.state, theme: .standard, width: width, height: 3, glyphs: .ascii).width == width)
    }
  }

  @Test("/ filters events while typing; Enter keeps the filter, Esc drops it")
  func filter() {
    let state = driver(Fixture.running)
    let all = state.state.shownLog.count
    state.press(.character("/"), .character("G"), .character("R"), .character("E"), .character("W"))
    let some = state.state.shownLog
    #expect(!some.isEmpty && some.count < all && some.allSatisfy { $0.text.contains("grew") })
    state.press(.enter)
    #expect(state.state.shownLog.count == some.count)
    #expect(render(state.state, theme: .standard, width: 120, height: 40, glyphs: .unicode).text.contains("/GREW"))
    state.press(.character("/"), .escape)
    #expect(state.state.shownLog.count == all)
  }

  @Test("The options menu changes every setting at once and saves when asked")
  func options() {
    let state = driver()
    state.press(.character("O"))
    for (index, setting) in Setting.allCases.enumerated() {
      #expect(state.overlay == .options(index))
      let before = state.state.text(of: setting)
      state.press(.right)
      #expect(state.state.text(of: setting) != before, "\(setting.rawValue)")
      state.press(.left)
      #expect(state.state.text(of: setting) == before || setting == .leftShare, "\(setting.rawValue)")
      state.press(.down)
    }
    #expect(state.press(.character("s")) == [.saveSettings])
    state.press(.escape)
    #expect(state.overlay == nil)
  }

  @Test("Settings are written and read back; mistakes name their line and leave the rest")
  func settings() {
    let state = driver()
    for line in [
      "x-axis time", "view difference", "preset speed", "set smoothing 0.98", "set left-share 50", "mouse off",
    ] {
      type(line, into: state)
    }
    var other = DashboardState()
    #expect(SettingsFile.apply(SettingsFile.text(of: state.state), to: &other).isEmpty)
    for setting in Setting.allCases { #expect(other.text(of: setting) == state.state.text(of: setting)) }
    let problems = SettingsFile.apply(
      "# fine\n\nx-axis = \"samples\" # so\nsmothing = 1\nmouse\nleft-share = x\ntheme = \"a", to: &other)
    #expect(problems.map(\.line) == [4, 5, 6, 7] && other.progressUnit == .samples)
    #expect(problems[0].description == "line 4: unknown key \"smothing\"; did you mean smoothing?")
  }

  @Test("e exports by number or all; c copies the lanes' values")
  func export() {
    let state = driver()
    #expect(state.press(.character("e"), .character("3")) == [.export(.svg)])
    #expect(state.press(.character("e"), .character("a")) == ExportFormat.allCases.map { .export($0) })
    #expect(state.press(.character("e"), .escape).isEmpty && state.overlay == nil)
    guard case .copy(let text)? = state.press(.character("c")).first else { return #expect(Bool(false), "no copy") }
    #expect(text.split(separator: "\n").count == 3 && text.contains("B\tamp-bf16\t599\t"))
    #expect(driver(DashboardState()).press(.character("c")).isEmpty)
  }

  @Test("The table holds every attempt; what is not finite is a word in CSV and null in JSON")
  func table() {
    let csv = RunTable.csv(Fixture.running).text.split(separator: "\n")
    #expect(csv.count == 1201 && csv[0].hasPrefix("lane,attempt,seconds,samples,loss"))
    #expect(csv[151].hasPrefix("A,150,") && csv[151].contains(",nan,") && csv[151].hasSuffix(",,false"))
    let json = RunTable.json(Fixture.running).text
    #expect(json.contains("\"attempt\":150,") && json.contains("\"loss\":null") && !json.contains("nan"))
    #expect(RunTable.json(DashboardState()).text == "[\n\n]\n")
  }

  @Test("A table of many pieces is the same rows, its lanes one after the other, whatever is taken in meanwhile")
  func pieces() throws {
    let state = Driver(Fixture.starting)
    for attempt in 0..<5000 {
      for lane in 0...1 {
        state.receive(
          .step(
            StepReport(
              lane: LaneID(lane), attempt: attempt, committedStep: attempt, committed: attempt % 7 > 0, skipReason: nil,
              loss: Double(attempt), scale: lane == 1 ? 8 : nil, stepsToGrowth: nil, stepMilliseconds: 2,
              phases: PhaseTimes(), gradNorm: 1, learningRate: 0.1, samples: 3, segment: 0)))
      }
    }
    let (csv, json) = (RunTable.csv(state.state), RunTable.json(state.state))
    let first = csv[1]
    state.receive(.session(ScriptedRun.sessionWithAllModes()))
    #expect(csv.count > 4 && csv[1] == first && !first.isEmpty)
    let lines = csv.text.split(separator: "\n")
    #expect(lines.count == 10_001)
    for lane in 0...1 {
      for attempt in [0, 2047, 2048, 4095, 4999] {
        let fields = lines[1 + lane * 5000 + attempt].split(separator: ",", omittingEmptySubsequences: false)
        #expect(fields[0] == (lane == 0 ? "A" : "B") && fields[1] == "\(attempt)" && fields[3] == "\(3 * attempt)")
        #expect(fields[4] == "\(attempt).0" && fields[7] == (lane == 0 ? "" : "8.0"))
        #expect(fields[8] == (attempt % 7 > 0 ? "true" : "false"))
      }
    }
    let rows = try #require(JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [[String: Any]])
    #expect(rows.count == 10_000 && rows[7048]["attempt"] as? Int == 2048 && rows[7048]["lane"] as? String == "B")
    #expect(rows.allSatisfy { $0.count == 9 })
  }

  @Test("What goes on beside the session stands in the footer of every layout until it is over; a hint goes before it")
  func activity() {
    let state = Driver(Fixture.running)
    func text(_ width: Int, _ height: Int) -> String {
      render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode).text
    }
    for (width, height) in [(160, 45), (80, 24), (60, 8)] {
      state.take(.activity("writing x.csv, 42 %"))
      #expect(text(width, height).contains("writing x.csv, 42 %"))
      state.take(.notice("written: y"))
      #expect(text(width, height).contains("written: y") && !text(width, height).contains("42 %"))
      state.take(.tick(time: (state.now ?? 0) + 5, cost: FrameCost()))
      #expect(text(width, height).contains("42 %"))
      state.take(.activity(nil))
      #expect(!text(width, height).contains("42 %"))
    }
  }

  @Test("m leaves the mouse to the terminal and takes it back")
  func mouse() {
    let state = driver()
    #expect(state.press(.character("m")) == [.setMouse(false)] && !state.hasMouse)
    #expect(state.press(.character("m")) == [.setMouse(true)] && state.hasMouse)
  }

  @Test("A first run is greeted until a key is pressed")
  func greeting() {
    let state = driver()
    state.state.greet()
    #expect(render(state.state, theme: .standard, width: 120, height: 40, glyphs: .unicode).text.contains("new here?"))
    state.press(.escape)
    #expect(!state.isFirstRun)
  }

  @Test("The help turns its pages where it does not fit, and every key is on one of them")
  func helpPages() {
    let state = driver()
    state.take(.resize(width: 80, height: 24))
    state.press(.character("?"))
    var text = ""
    for _ in 0..<HelpOverlay.pages(width: 80, height: 24) {
      text += render(state.state, theme: .standard, width: 80, height: 24, glyphs: .unicode).text
      state.press(.character("?"))
    }
    #expect(state.overlay == nil)
    for binding in KeyTable.bindings {
      if case .togglePane = binding.command { continue }
      #expect(text.contains(binding.help), "\(binding.label) is on no page")
    }
  }
}

@Suite("Sizes of panes")
struct PaneResizeTests {
  private func driver() -> Driver {
    let driver = Driver(Fixture.running)
    driver.take(.resize(width: 120, height: 40))
    return driver
  }

  private func rect(_ pane: Pane, _ state: Driver) -> Rect {
    Layout(state: state.state, width: 120, height: 40).panes[pane] ?? Rect(x: 0, y: 0, width: 0, height: 0)
  }

  @Test("Keys move the border between the columns and between panes")
  func keys() {
    let state = driver()
    let before = rect(.loss, state)
    state.press(.character(">"))
    #expect(rect(.loss, state).width > before.width)
    state.press(.character("<"), .character("<"))
    #expect(rect(.loss, state).width < before.width)
    state.press(.character("}"))
    #expect(state.hint?.text.contains("focus a pane") == true)
    state.press(.right, .character("}"), .character("}"))
    #expect(rect(.loss, state).height == before.height + 2)
    state.press(.character("{"), .character("{"), .character("{"))
    #expect(rect(.loss, state).height == before.height - 1)
    // However often it is pressed, every pane keeps its least height, and the way back is as long as the way there.
    for _ in 0..<80 { state.press(.character("}")) }
    let tallest = rect(.loss, state).height
    #expect(rect(.log, state).height >= 3 && rect(.lossScale, state).height >= 5)
    state.press(.character("{"))
    #expect(rect(.loss, state).height < tallest)
  }

  @Test("Borders are dragged with the mouse")
  func drag() {
    let state = driver()
    let loss = rect(.loss, state)
    func mouse(_ x: Int, _ y: Int, _ kind: DashboardMouse.Kind) {
      state.take(.mouse(DashboardMouse(x: x, y: y, kind: kind)))
    }
    mouse(loss.right - 1, loss.y + 3, .press(1))
    mouse(loss.right - 13, loss.y + 3, .drag)
    mouse(loss.right - 13, loss.y + 3, .release)
    #expect(abs(rect(.loss, state).right - (loss.right - 12)) <= 1 && state.cursor == nil)
    let now = rect(.loss, state)
    mouse(now.x + 5, now.bottom - 1, .press(1))
    mouse(now.x + 5, now.bottom + 2, .drag)
    mouse(now.x + 5, now.bottom + 2, .release)
    #expect(rect(.loss, state).bottom == now.bottom + 3 && state.dragged == nil)
    mouse(-4, 900, .press(1))
    mouse(900, -4, .drag)
  }

  @Test("Layouts stay without overlaps whatever was moved")
  func noOverlap() {
    let state = driver()
    for share in [30, 75] {
      for pane in Pane.allCases {
        state.state.leftShare = share
        state.state.extraRows = [.loss: -20, .memory: -20]
        state.state.extraRows[pane] = 40
        for height in stride(from: 10, through: 60, by: 5) {
          for width in stride(from: 40, through: 200, by: 16) {
            let rects = Array(Layout(state: state.state, width: width, height: height).panes.values)
            for (index, rect) in rects.enumerated() {
              #expect(rect.right <= width && rect.bottom <= height - 1 && rect.height > 0)
              for other in rects[(index + 1)...] {
                let isApart =
                  rect.right <= other.x || other.right <= rect.x || rect.bottom <= other.y || other.bottom <= rect.y
                #expect(isApart, "\(rect) and \(other) overlap at \(width)×\(height)")
              }
            }
          }
        }
      }
    }
  }
}
