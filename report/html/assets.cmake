# Makes the page's style and script part of the program: cmake -DOUT=F -DDIR=D -P assets.cmake
set(css report.css)
set(js script/dom.js script/data.js script/findings.js script/structures.js script/bytes.js script/map.js script/page.js)

if(NOT CMAKE_SCRIPT_MODE_FILE)
  # included by the build: tells which files the generated one depends on
  list(TRANSFORM css PREPEND ${CMAKE_CURRENT_LIST_DIR}/ OUTPUT_VARIABLE html_assets)
  list(TRANSFORM js PREPEND ${CMAKE_CURRENT_LIST_DIR}/ OUTPUT_VARIABLE js_paths)
  set(html_assets_c ${PROJECT_BINARY_DIR}/generated/report/html/assets.c)
  add_custom_command(OUTPUT ${html_assets_c}
    COMMAND ${CMAKE_COMMAND} -DOUT=${html_assets_c} -DDIR=${CMAKE_CURRENT_LIST_DIR} -P ${CMAKE_CURRENT_LIST_DIR}/assets.cmake
    DEPENDS ${html_assets} ${js_paths} ${CMAKE_CURRENT_LIST_DIR}/assets.cmake VERBATIM)
  return()
endif()

set(text "#include \"report/html/assets.h\"\n")
foreach(kind css js)
  set(hex "")
  foreach(name IN LISTS ${kind})
    file(READ ${DIR}/${name} more HEX)
    string(APPEND hex "${more}")
  endforeach()
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND text "const unsigned char html_${kind}[] = { ${bytes}0 };\nconst size_t html_${kind}_len = sizeof(html_${kind}) - 1;\n")
endforeach()
file(WRITE ${OUT} "${text}")
